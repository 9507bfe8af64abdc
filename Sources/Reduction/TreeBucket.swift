import MessagePassing
import Tensors

/// A bucket that is summed along the tree over shards: the same bits for any number of ranks and
/// hosts.
///
/// The ranks of a host sum in memory that they share (`HostSums`), and the hosts by messages
/// (`HostExchange`), if there are several.
final class TreeBucket<Element: ReductionElement>: ReductionBucket {
  private let sums: HostSums<Element>
  private let exchange: HostExchange<Element>?
  /// The slices of the bucket that this rank sums up to its host's nodes.
  private let slices: [Range<Int>]

  /// A bucket of `rows`. All ranks of a host call this.
  ///
  /// - Throws: `MPIError`, of the class `noMemory` on all ranks of a host that cannot share memory,
  ///   or if there are more elements than MPI counts.
  init(
    _ range: Range<Int>, of rows: ReductionRows, _ communicators: ReductionCommunicators,
    _ tree: ReductionTree, _ lanes: BucketLanes
  ) throws(MPIError) {
    sums = try HostSums(range, of: rows, communicators, tree)
    if let exchange = communicators.exchange, let collection = communicators.collection {
      let schedule = ExchangeSchedule(
        lanes, communicators.layout, rank: communicators.rank, nodes: tree.hostNodes.map(\.count))
      self.exchange = try HostExchange(schedule, communicators, (exchange, collection), tree)
      slices = schedule.slices
    } else {
      exchange = nil
      slices = lanes.lane(ofMember: communicators.member).map { [lanes.slice(ofLane: $0)] } ?? []
    }
  }

  func start() throws(MPIError) { try sums.store() }

  func advance(_ stage: ReductionStage) throws(MPIError) -> Bool {
    switch stage {
    case .arrival:
      guard try sums.haveAllCome() else { return false }
      for slice in slices { sums.sum(slice) }
      try exchange?.start(sums)
    case .exchange:
      guard try exchange?.collect() ?? true else { return false }
    case .collection:
      guard try exchange?.finish(sums) ?? true else { return false }
      if exchange == nil { for slice in slices { sums.storeTotal(slice) } }
      try sums.finishTotal()
    case .departure:
      return try sums.haveAllCome()
    }
    return true
  }
}
