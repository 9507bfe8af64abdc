import Cluster
import MessagePassing

/// The communicators of a reduction: one for each of its stages, since ranks may come to a stage of
/// one bucket before or after an earlier stage of another.
package struct ReductionCommunicators {
  /// All ranks.
  let world: Communicator
  /// The ranks by the memory that they share.
  package let layout: HostLayout
  /// This rank's host, and its index there.
  let (host, member): (Int, Int)
  /// The ranks of this host, for the stages in which all have stored their sums and the total; nil
  /// for a rank that is alone there.
  let arrival, departure: Communicator?
  /// All ranks, for the two stages of messages between hosts; nil if there is one host.
  let exchange, collection: Communicator?

  /// Makes those for the ranks of `world`, which all call this.
  ///
  /// - Parameter node: the ranks of `layout`'s host that this rank is on; nil if each is alone.
  package init(
    _ world: Communicator, node: Communicator?, layout: HostLayout
  ) throws(MPIError) {
    self.world = world
    self.layout = layout
    (host, member) = layout.position(of: world.rank)
    let isAlone = layout.hosts[host].count == 1
    arrival = isAlone ? nil : try node?.duplicate()
    departure = isAlone ? nil : try node?.duplicate()
    let sends = layout.hosts.count > 1
    exchange = sends ? try world.duplicate() : nil
    collection = sends ? try world.duplicate() : nil
  }

  /// The communicators with which each rank of some hosts is taken for a host of its own. All ranks
  /// call this.
  func separated(_ hosts: Set<Int>) throws(MPIError) -> ReductionCommunicators {
    try ReductionCommunicators(world, node: arrival, layout: layout.separating(hosts))
  }

  /// The ranks that have the same index on their hosts; nil for one whose index some host lacks. All
  /// ranks call this.
  ///
  /// The first of them is on another host for each index, since MPI's trees make that one send more.
  func acrossHosts() throws(MPIError) -> Communicator? {
    let fewest = layout.hosts.map(\.count).min() ?? 1
    return try world.split(
      color: member < fewest ? member : nil, key: (host + member) % layout.hosts.count)
  }

  var rank: Int { world.rank }
  /// This rank's place in the layout.
  package var place: Int { layout.places[world.rank] }
  var size: Int { world.size }
}
