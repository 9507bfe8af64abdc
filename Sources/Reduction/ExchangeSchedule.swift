import Cluster

/// The messages of a rank for a bucket: between the ranks of its lane, host by host.
package struct ExchangeSchedule: Sendable {
  /// The rank of this lane on each host; none if this rank is in no lane.
  package let ranks: [Int]
  /// For each host, the slice that this rank moves of the part that the host sums.
  package let slices: [Range<Int>]
  /// The slice that this rank sums.
  package let own: Range<Int>
  /// The elements that go to the ranks of this lane and come from them, this one among them: their
  /// slices of this host's nodes, and this rank's slice of all hosts' nodes; then this rank's slice
  /// of the sum, and theirs.
  package let nodesSent, nodesReceived, sumsSent, sumsReceived: [Int]

  /// The messages of a bucket whose lanes these are.
  ///
  /// - Parameter nodes: the number of nodes of each host.
  package init(_ lanes: BucketLanes, _ layout: HostLayout, rank: Int, nodes: [Int]) {
    let (host, member) = layout.position(of: rank)
    guard let lane = lanes.lane(ofMember: member) else {
      (ranks, slices, own) = ([], [], 0..<0)
      (nodesSent, nodesReceived, sumsSent, sumsReceived) = ([], [], [], [])
      return
    }
    let slices = layout.hosts.indices.map { lanes.slice(ofPart: $0, lane: lane) }
    let own = slices[host]
    ranks = layout.hosts.map { $0[member] }
    (self.slices, self.own) = (slices, own)
    nodesSent = slices.map { $0.count * nodes[host] }
    nodesReceived = nodes.map { own.count * $0 }
    sumsSent = slices.map { _ in own.count }
    sumsReceived = slices.map(\.count)
  }
}
