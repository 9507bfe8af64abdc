import Cluster
import MessagePassing
import Tensors

/// Sums the gradients of all shards, so that every rank has the sum.
///
/// A row is cut into buckets, whose sums are under way while later buckets are computed: in a step
/// every rank calls `begin`, then `start` for each bucket as soon as it has it, all in the same
/// order, with `progress` now and then between, and `finish`. All of this is on the thread that
/// calls MPI.
///
/// A step that an error ends before `finish` leaves messages under way, so the job must end with
/// it, by a `RankFailure`.
package final class GradientReduction {
  /// The seconds that this step has spent in `start` and `progress`: in sums and messages, on the
  /// thread that could have computed.
  package private(set) var seconds = 0.0
  /// The reason why ranks of one host send messages after all: they could not share the memory.
  package let sharedMemoryFailure: MPIError?
  /// The number of buckets.
  package var bucketCount: Int { buckets.count }

  private let communicators: ReductionCommunicators
  private let buckets: [any ReductionBucket]
  /// The row in which the buckets' sums are put together; with one rank, its first gradient is
  /// that.
  private let total: AlignedBuffer<Float>?
  private var gradients: [Matrix] = []
  /// The buckets that were started, in that order, which is that of every later stage, too: all
  /// ranks have to start the collectives of a communicator in one order.
  private var started: [Int] = []
  /// The number of them that have left their first stage.
  private var reduced = 0
  /// The number of them that are complete.
  private var completed = 0

  /// A reduction over the ranks of `communicators`, which all call this.
  ///
  /// Where they are to share memory and cannot have it, they send messages instead.
  ///
  /// - Parameters:
  ///   - blocks: the shards of each rank: they follow each other, and no rank is without one.
  ///   - parts: the nodes of the tree over shards that this rank computes, which cover its block in
  ///     their order; if nil, its single shards.
  ///   - buckets: ascending ranges that follow each other from 0 to the end of a row. The last one,
  ///     figures beside the gradient, is never rounded to the format.
  ///   - order, format: the order of the sum, and the format of its numbers.
  /// - Throws: `JobFailure` on every rank for a bucket with more elements than MPI counts;
  ///   `TensorError.outOfMemory`; `MPIError`.
  package init(
    _ communicators: ReductionCommunicators, blocks: [Range<Int>], parts: [Range<Int>]? = nil,
    buckets: [Range<Int>], order: ReductionOrder = .reproducible,
    format: ReductionFormat = .float32
  ) throws {
    precondition(
      buckets.first?.lowerBound == 0
        && zip(buckets, buckets.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound },
      "buckets of a gradient do not follow each other")
    precondition(blocks.count == communicators.size, "a reduction needs the shards of every rank")
    let tree = ReductionTree(
      rank: communicators.rank, blocks: blocks,
      parts: parts ?? blocks[communicators.rank].map { $0..<$0 + 1 })
    let total =
      try communicators.size == 1
      ? nil : AlignedBuffer<Float>(count: buckets[buckets.count - 1].upperBound)
    self.communicators = communicators
    self.total = total
    func bucket<Element: ReductionElement>(
      _ range: Range<Int>, of _: Element.Type, sharesMemory: Bool
    ) throws -> any ReductionBucket {
      guard let row = total?.matrix(1, range.count, at: range.lowerBound) else {
        return LocalBucket<Element>(range, tree)
      }
      if order == .reproducible, sharesMemory {
        return try SharedMemoryBucket<Element>(range, into: row, communicators, tree)
      }
      try tree.requireMessages(of: range.count)
      return order == .native
        ? AllReduceBucket(range, into: row, communicators, tree)
        : try ReduceScatterAllGather<Element>(range, into: row, communicators, tree)
    }
    func all(sharesMemory: Bool) throws -> [any ReductionBucket] {
      try buckets.enumerated().map { number, range in
        let isRounded = format == .bfloat16 && number < buckets.count - 1
        return try isRounded
          ? bucket(range, of: BFloat16.self, sharesMemory: sharesMemory)
          : bucket(range, of: Float.self, sharesMemory: sharesMemory)
      }
    }
    do {
      self.buckets = try all(sharesMemory: communicators.sharesMemory)
      sharedMemoryFailure = nil
    } catch let failure as MPIError where failure.errorClass == .noMemory {
      // Every rank comes here, or none.
      self.buckets = try all(sharesMemory: false)
      sharedMemoryFailure = failure
    }
    started.reserveCapacity(buckets.count)
  }

  /// Begins a step.
  ///
  /// - Parameter gradients: the rows of this rank's parts in their order, which are used as memory.
  package func begin(_ gradients: [Matrix]) {
    precondition(completed == started.count, "a reduction was begun before the last was finished")
    self.gradients = gradients
    started.removeAll(keepingCapacity: true)
    (reduced, completed) = (0, 0)
    seconds = 0
  }

  /// Says that a bucket is complete in the rows of all this rank's parts, and sends it on its way.
  package func start(_ bucket: Int) throws(MPIError) {
    let clock = ContinuousClock.now
    defer { seconds += (ContinuousClock.now - clock).seconds }
    try buckets[bucket].start(gradients)
    started.append(bucket)
    try progressBuckets()
  }

  /// Moves the buckets that are under way as far as they come without waiting.
  package func progress() throws(MPIError) {
    guard completed < started.count else { return }
    let clock = ContinuousClock.now
    defer { seconds += (ContinuousClock.now - clock).seconds }
    try progressBuckets()
  }

  /// Waits for all buckets, and returns their sum over all shards of all ranks: one row of as many
  /// floats as each has, valid until the next `begin`.
  package func finish() throws(MPIError) -> Matrix {
    precondition(started.count == buckets.count, "a reduction lacks buckets")
    // Each move is news of the others: the wait for the next begins afresh, with a busy moment. One
    // rank alone waits, too, for a moment in which the wait strategy sees that it is alive.
    repeat {
      let moves = reduced + completed
      try communicators.gather.wait { () throws(MPIError) in
        try progressBuckets()
        return reduced + completed > moves || completed == buckets.count
      }
    } while completed < buckets.count
    return total.map { $0.matrix(1, $0.count) } ?? gradients[0]
  }

  private func progressBuckets() throws(MPIError) {
    while reduced < started.count, try buckets[started[reduced]].progress() { reduced += 1 }
    while completed < reduced, try buckets[started[completed]].complete() { completed += 1 }
  }
}
