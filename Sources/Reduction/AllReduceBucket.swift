import MessagePassing
import Tensors

/// A bucket that MPI sums between hosts, in the order that it takes.
///
/// The ranks of a host sum in memory that they share (`HostSums`), and MPI sums the slices of the
/// ranks of a lane. The corresponding C function is `MPI_Iallreduce`; with two buffers, since Open
/// MPI takes a ring for those, and for one a tree, which sends log2(hosts) times as much.
final class AllReduceBucket: ReductionBucket {
  private let sums: HostSums<Float>
  /// The ranks of this rank's lane, and the slice that they sum; nil if this rank is in none.
  private let lane: (ranks: Communicator, slice: Range<Int>)?
  private let sum: Transfer<BufferPair<Float>>

  /// A bucket of `rows`. All ranks of a host call this.
  ///
  /// - Parameter ranks: those with this rank's index on their hosts, if each host has one.
  /// - Throws: `MPIError`, of the class `noMemory` on all ranks of a host that cannot share memory.
  init(
    _ range: Range<Int>, of rows: ReductionRows, _ communicators: ReductionCommunicators,
    _ tree: ReductionTree, _ lanes: BucketLanes, ranks: Communicator?
  ) throws(MPIError) {
    sums = try HostSums(range, of: rows, communicators, tree)
    if let ranks, let number = lanes.lane(ofMember: communicators.member) {
      lane = (ranks, lanes.slice(ofLane: number))
    } else {
      lane = nil
    }
    let count = lane?.slice.count ?? 0
    sum = Transfer(
      BufferPair(source: MessageBuffer(count: count), destination: MessageBuffer(count: count)))
  }

  func start() throws(MPIError) { try sums.store() }

  func advance(_ stage: ReductionStage) throws(MPIError) -> Bool {
    switch stage {
    case .arrival:
      guard try sums.haveAllCome() else { return false }
      guard let lane else { return true }
      sums.sum(lane.slice)
      sums.sumNodes(lane.slice)
      sum.withBuffers { buffers in
        var elements = buffers.source.mutableSpan
        sums.copy(node: 0, lane.slice, to: 0, in: &elements)
      }
      try sum.start { (buffers) throws(MPIError) in
        try lane.ranks.startAllReduce(buffers.source, into: buffers.destination, .sum)
      }
    case .exchange:
      guard try sum.isComplete() else { return false }
    case .collection:
      if let lane { sum.withBuffers { sums.storeTotal($0.destination.span, lane.slice) } }
      try sums.finishTotal()
    case .departure:
      return try sums.haveAllCome()
    }
    return true
  }
}
