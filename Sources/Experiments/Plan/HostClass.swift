import Cluster
import Reduction

/// Hosts that do the same at the same time, so that one of them stands for all.
struct HostClass {
  /// The host that stands for them.
  let representative: Int
  /// The number of hosts.
  let count: Int
  /// True for the one host that a slow rank is on.
  let isSlow: Bool
  /// For each bucket and lane, the mean number of elements of the slices that the hosts sum, and
  /// the share of the hosts that have one.
  let slices: [[(count: Double, share: Double)]]

  /// The number of hosts up to which those whose slices differ in size are of different classes;
  /// among more, slices differ by little or are nothing.
  private static let exactHosts = 8

  /// The classes of a job's hosts. Those of one class have as many shards, samples and nodes of the
  /// tree, and slices of the same buckets.
  static func classes(of job: SimulatedJob, nodes: [Int], merges: Bool) -> [HostClass] {
    let slices = job.layout.hosts.indices.map { host in
      job.lanes.map { lanes in
        (0..<lanes.count).map { lanes.slice(ofPart: host, lane: $0).count }
      }
    }
    var order: [[Int]] = []
    var hosts: [[Int]: [Int]] = [:]
    for (host, ranks) in job.layout.hosts.enumerated() {
      var signature = [merges ? 0 : host, nodes[host]]
      for rank in ranks { signature += [-1] + job.blocks[rank].map { job.slices[$0] } }
      signature += slices[host].joined().map { count in
        job.size.hosts <= exactHosts ? count : min(count, 1)
      }
      if hosts[signature] == nil { order.append(signature) }
      hosts[signature, default: []].append(host)
    }
    // The slow host is one of the first class.
    return order.enumerated().flatMap { index, signature -> [HostClass] in
      let all = hosts[signature] ?? []
      let parts = index == 0 && all.count > 1 ? [all.prefix(1), all.dropFirst()] : [all[...]]
      return parts.enumerated().map { part, members in
        let count = Double(members.count)
        return HostClass(
          representative: members[members.startIndex], count: members.count,
          isSlow: index == 0 && part == 0,
          slices: job.lanes.indices.map { bucket in
            (0..<job.lanes[bucket].count).map { lane in
              let counts = members.map { slices[$0][bucket][lane] }
              return (
                Double(counts.reduce(0, +)) / count, Double(counts.count { $0 > 0 }) / count
              )
            }
          })
      }
    }
  }
}
