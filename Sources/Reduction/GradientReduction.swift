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
  /// A rank whose host's ranks could not share memory, and the reason: they send each other messages
  /// instead, as if each were a host.
  package let sharedMemoryFailure: (rank: Int, reason: String)?
  /// The way in which gradients are summed, and what would make it quicker, in words; nil for one
  /// rank.
  package let means: String?
  /// Told of each bucket that is started (nil) and of each stage that it leaves.
  package var observer: ((_ bucket: Int, _ stage: ReductionStage?) -> Void)?
  /// The memory of the rows of this rank's parts, in their order, where their gradients are to be
  /// before `start`. No one else writes to it from `finish` to `start`.
  package var rows: [AlignedBuffer<Float>] { memory.parts }
  /// The number of buckets.
  package var bucketCount: Int { buckets.count }

  private let world: Communicator
  private let buckets: [any ReductionBucket]
  private let memory: ReductionRows
  private var stages: StageOrder

  /// A reduction over the ranks of `communicators`, which all call this.
  ///
  /// Where the ranks of a host cannot share memory, each is taken for a host of its own.
  ///
  /// - Parameters:
  ///   - blocks: the shards of each place of the communicators' layout: they follow each other, and
  ///     none is empty.
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
    let parts = parts ?? blocks[communicators.place].map { $0..<$0 + 1 }
    world = communicators.world

    // On one host MPI's own sum is one over ranks.
    var communicators =
      try order == .native && communicators.layout.hosts.count == 1
      ? communicators.separated([0]) : communicators
    var firstFailure: (rank: Int, reason: String)?
    while true {
      let plan = try ReductionPlan(communicators, blocks: blocks, parts: parts, order: order)
      let attempt = Result { try plan.memory(buckets, format: format) }
      // The ranks of a host all come here without memory, or none.
      let failures = try world.allGather(Array((attempt.lackOfMemory ?? "").utf8))
      guard let rank = failures.firstIndex(where: { !$0.isEmpty }) else {
        (memory, self.buckets) = try attempt.get()
        means = communicators.size == 1 ? nil : plan.description
        break
      }
      firstFailure = firstFailure ?? (rank, String(decoding: failures[rank], as: UTF8.self))
      let layout = communicators.layout
      communicators = try communicators.separated(
        Set(failures.indices.filter { !failures[$0].isEmpty }.map { layout.position(of: $0).host }))
    }
    sharedMemoryFailure = firstFailure
    stages = StageOrder(bucketCount: buckets.count)
  }

  /// Begins a step.
  package func begin() {
    precondition(
      stages.completedCount == stages.startedCount,
      "a reduction was begun before the last was finished")
    stages.begin()
    seconds = 0
  }

  /// Says that a bucket is complete in the rows of all this rank's parts, and sends it on its way.
  package func start(_ bucket: Int) throws(MPIError) {
    let clock = ContinuousClock.now
    defer { seconds += (ContinuousClock.now - clock).seconds }
    observer?(bucket, nil)
    try buckets[bucket].start()
    stages.start(bucket)
    try progressBuckets()
  }

  /// Moves the buckets that are under way as far as they come without waiting.
  package func progress() throws(MPIError) {
    guard stages.completedCount < stages.startedCount else { return }
    let clock = ContinuousClock.now
    defer { seconds += (ContinuousClock.now - clock).seconds }
    try progressBuckets()
  }

  /// Waits for all buckets, and returns their sum over all shards of all ranks: one row of as many
  /// floats as each has, which the ranks of a host share: nobody may write to it. It is valid until
  /// the next `start`, and with one rank until its rows change.
  package func finish() throws(MPIError) -> Matrix {
    precondition(stages.startedCount == buckets.count, "a reduction lacks buckets")
    // Each move is news of the others: the wait for the next begins afresh, with a busy moment. One
    // rank alone waits, too, for a moment in which the wait strategy sees that it is alive.
    repeat {
      let moves = stages.moveCount
      try world.wait { () throws(MPIError) in
        try progressBuckets()
        return stages.moveCount != moves || stages.completedCount == buckets.count
      }
    } while stages.completedCount < buckets.count
    return memory.total
  }

  private func progressBuckets() throws(MPIError) {
    var sweep = stages.sweep
    while try stages.step(
      &sweep,
      { (bucket, stage) throws(MPIError) in
        let isOver = try buckets[bucket].advance(stage)
        if isOver { observer?(bucket, stage) }
        return isOver
      })
    {}
  }
}

extension Result where Failure == any Error {
  /// The message of a failure for which there is no memory to share.
  fileprivate var lackOfMemory: String? {
    guard case .failure(let error as MPIError) = self, error.errorClass == .noMemory else {
      return nil
    }
    return error.message
  }
}
