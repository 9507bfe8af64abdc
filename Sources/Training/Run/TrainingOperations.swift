import Datasets
import Tensors

/// The operations that all ranks of a run do together; `Trainer` decides when.
///
/// Each throws `JobFailure` on every rank, or `RankFailure` on one.
package protocol TrainingOperations {
  /// The orders of this rank's shards in an epoch, counted from 0.
  func orders(epoch: Int) -> [EpochOrder]
  /// Does the step that follows those of `state`.
  ///
  /// - Parameters:
  ///   - orders: the orders of the step's epoch.
  ///   - signals: this rank's news for the others.
  func runStep(
    _ state: inout TrainingState, orders: [EpochOrder], signals: StepSignals
  ) throws -> StepResult
  /// Checks that the state has the same bits on all ranks.
  func verifyReplicas(_ state: TrainingState) throws
  /// The figures of a state on a set, on rank 0; nil on the others.
  func evaluate(_ set: DatasetPart, _ state: TrainingState) throws -> EvaluationResult?
  /// The figure that rank 0 gives, on every rank.
  func share(_ figure: Double?) throws -> Double
  /// The times of all ranks in an interval, on rank 0; nil on the others.
  ///
  /// - Parameter times: those of this rank.
  func gather(_ times: RankTimes) throws -> [RankTimes]?
  /// The record of the first steps as a file, on rank 0; nil on the others, or if there is none.
  func collectTrace() throws -> [UInt8]?
  /// Runs `body` on rank 0; an error is one of all ranks.
  func onRoot(_ body: () throws -> Void) throws
}

extension TrainingContext: TrainingOperations {
  package func orders(epoch: Int) -> [EpochOrder] { step.orders(epoch: epoch) }

  package func runStep(
    _ state: inout TrainingState, orders: [EpochOrder], signals: StepSignals
  ) throws -> StepResult {
    try group.locally { try step.run(&state, orders: orders, signals: signals) }
  }

  package func verifyReplicas(_ state: TrainingState) throws { try state.verify(in: group) }

  package func evaluate(
    _ set: DatasetPart, _ state: TrainingState
  ) throws -> EvaluationResult? {
    let isFinal = finalEvaluation?.set == set
    return try (isFinal ? finalEvaluation : evaluation)?.evaluate(state.evaluated)
  }

  package func share(_ figure: Double?) throws -> Double {
    try group.locally { try group.world.broadcast(figure ?? 0, root: 0) }
  }

  package func gather(_ times: RankTimes) throws -> [RankTimes]? {
    var times = times
    times.use = processorUse.lap()
    let mine = times.numbers
    return try group.locally {
      var all = Array(repeating: 0.0, count: group.isRoot ? mine.count * group.size : 0)
      var span = all.mutableSpan
      try group.world.gather(mine.span, into: &span, root: 0)
      return group.isRoot ? RankTimes.all(in: all) : nil
    }
  }

  package func collectTrace() throws -> [UInt8]? {
    try group.locally { try step.trace?.collect(group) }
  }

  package func onRoot(_ body: () throws -> Void) throws { try group.onRoot(body) }
}
