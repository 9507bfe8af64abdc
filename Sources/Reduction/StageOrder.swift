/// The order in which the buckets of a step move from stage to stage: in each stage in the one in
/// which they were started, since all ranks have to start the collectives of a communicator in one
/// order.
package struct StageOrder: Sendable {
  /// One look at all buckets that are under way, from the first stage to the last.
  package struct Sweep: Sendable {
    fileprivate var stage = 0
    /// The number of buckets that have come to the stage.
    fileprivate var before: Int
  }

  /// The buckets that were started, in that order.
  private var started: [Int] = []
  /// The number of them that have left each stage.
  private var passed = ReductionStage.allCases.map { _ in 0 }

  /// An order for at most `bucketCount` buckets.
  package init(bucketCount: Int) { started.reserveCapacity(bucketCount) }

  /// The number of buckets that were started.
  package var startedCount: Int { started.count }
  /// The number of buckets that are complete.
  package var completedCount: Int { passed[passed.count - 1] }
  /// The number of stages that buckets have left.
  package var moveCount: Int { passed.reduce(0, +) }

  /// Begins a step.
  package mutating func begin() {
    started.removeAll(keepingCapacity: true)
    for stage in passed.indices { passed[stage] = 0 }
  }

  /// Adds a bucket.
  package mutating func start(_ bucket: Int) { started.append(bucket) }

  /// Begins a sweep.
  package var sweep: Sweep { Sweep(before: started.count) }

  /// Goes on with a sweep up to the first bucket that leaves its stage.
  ///
  /// - Parameter advance: ends a bucket's stage if it can, and says whether it did.
  /// - Returns: false at the end of the sweep.
  package mutating func step<Failure: Error>(
    _ sweep: inout Sweep, _ advance: (Int, ReductionStage) throws(Failure) -> Bool
  ) throws(Failure) -> Bool {
    while let stage = ReductionStage(rawValue: sweep.stage) {
      if passed[sweep.stage] < sweep.before,
        try advance(started[passed[sweep.stage]], stage)
      {
        passed[sweep.stage] += 1
        return true
      }
      sweep.before = passed[sweep.stage]
      sweep.stage += 1
    }
    return false
  }
}
