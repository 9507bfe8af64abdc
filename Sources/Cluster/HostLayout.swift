import MessagePassing

/// The ranks of a job host by host, whatever the order in which the launcher numbers them.
///
/// The place of a rank is its index in that order: the ranks of a host have places that follow each
/// other.
package struct HostLayout: Equatable, Sendable {
  /// The ranks of each host, ascending; the hosts follow each other by their first ranks.
  package let hosts: [[Int]]
  /// The place of each rank.
  package let places: [Int]

  /// A layout of hosts with these ranks, which are 0 ..< n in any order.
  package init(hosts: [[Int]]) {
    self.hosts = hosts
    let order = hosts.flatMap { $0 }
    var places = Array(repeating: 0, count: order.count)
    for (place, rank) in order.enumerated() { places[rank] = place }
    self.places = places
  }

  /// The layout in which each rank of some hosts is a host of its own.
  package func separating(_ separated: Set<Int>) -> HostLayout {
    HostLayout(
      hosts: hosts.enumerated().flatMap { host, ranks in
        separated.contains(host) ? ranks.map { [$0] } : [ranks]
      })
  }

  /// The layout of the ranks of `world`, each of which calls this with the ranks that share memory
  /// with it.
  ///
  /// - Throws: `MPIError`.
  package init(_ world: Communicator, node: Communicator) throws(MPIError) {
    let firsts = try world.allGather(node.broadcast(world.rank, root: 0))
    var hosts: [Int: [Int]] = [:]
    for (rank, first) in firsts.enumerated() { hosts[first, default: []].append(rank) }
    self.init(hosts: hosts.values.sorted { ($0.first ?? 0) < ($1.first ?? 0) })
  }

  /// The index of the host of a rank, and the rank's index among those there.
  package func position(of rank: Int) -> (host: Int, member: Int) {
    var first = 0
    for (host, ranks) in hosts.enumerated() {
      if places[rank] < first + ranks.count { return (host, places[rank] - first) }
      first += ranks.count
    }
    preconditionFailure("rank \(rank) is on none of the hosts \(hosts)")
  }

  /// The number of ranks.
  package var size: Int { places.count }
}
