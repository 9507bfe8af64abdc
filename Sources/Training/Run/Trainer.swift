import Cluster
import Configuration
import Tensors

/// The loop that trains.
package struct Trainer {
  package let configuration: Configuration
  package let options: RunOptions
  package let group: ProcessGroup
  package let step: DataParallelStep
  package let evaluation: CollectiveEvaluation
  /// After the last epoch, of the test set, if that is left alone until then.
  package let finalEvaluation: CollectiveEvaluation?
  /// On rank 0 alone.
  package let report: RunRecorder?
  /// Called after each step.
  package let afterStep: (TrainingState) -> Void
  package var state: TrainingState

  /// Trains from the state's step to the last one.
  ///
  /// - Throws: `JobFailure` on every rank; any other error is this rank's alone.
  package mutating func run() throws {
    let stepsPerEpoch = step.sampler.stepsPerEpoch
    let lastStep = options.lastStep(configuration, stepsPerEpoch: stepsPerEpoch)
    while state.step < lastStep {
      let epoch = state.step / stepsPerEpoch
      let orders = step.orders(epoch: epoch)
      report?.beginEpoch(epoch)
      var isInterrupted = false
      repeat {
        // Batch, forward, loss, backward, reduce, clip, learning rate, update.
        let signals = StepSignals(
          isInterrupted: TerminationSignals.requested != nil, cannotWrite: report?.failure != nil)
        let result = try step.run(&state, orders: orders, signals: signals)
        report?.step(state.step, result)
        afterStep(state)
        if isDue(configuration.train.verifyEvery) {
          try verifyReplicas()
        }
        if result.signals.cannotWrite { try group.onRoot { try report?.finishWriting() } }
        isInterrupted = result.signals.isInterrupted
        if isInterrupted { break }
        if state.step % stepsPerEpoch != 0, isCheckpointDue { report?.checkpoint(state) }
      } while state.step % stepsPerEpoch != 0 && state.step < lastStep
      if state.step % stepsPerEpoch == 0 || state.step == lastStep { try finishEpoch() }
      if isInterrupted && state.step < lastStep { try stop() }
    }
    try group.onRoot { try report?.finishWriting() }
  }

  /// Compares the replicas, evaluates, and writes a checkpoint.
  private func finishEpoch() throws {
    if configuration.train.verifyEvery == .epoch {
      try verifyReplicas()
    }
    report?.endTraining()
    let result = try evaluate(evaluation)
    let isLast = state.step == configuration.train.epochs * step.sampler.stepsPerEpoch
    // Before the checkpoint, with which a run would count as done.
    if isLast, let finalEvaluation { _ = try evaluate(finalEvaluation) }
    // An undisturbed run is evaluated nowhere but at the ends of its epochs, and its best one is one of those.
    let isEpochEnd = state.step % step.sampler.stepsPerEpoch == 0
    report?.checkpoint(state, isEpochEnd ? result : nil)
  }

  /// The figures, on rank 0, after they are reported.
  private func evaluate(_ evaluation: CollectiveEvaluation) throws -> ClassificationResult? {
    let result = try evaluation.evaluate(state.evaluated)
    try group.onRoot {
      guard let result, !result.loss.isFinite else { return }
      throw JobFailure(
        diverged:
          "after step \(state.step) the loss on the \(evaluation.set) images is \(result.loss.inWords)"
      )
    }
    if let result { report?.evaluation(state.step, result, of: evaluation.set) }
    return result
  }

  private func verifyReplicas() throws {
    try group.verifyReplicas(state.parameters, step: state.step)
    if let average = state.ema { try group.verifyReplicas(average, step: state.step) }
  }

  /// Ends a run that a signal interrupted: with a checkpoint, on all ranks after the same step.
  private func stop() throws {
    try group.onRoot {
      report?.checkpoint(state)
      try report?.finishWriting()
    }
    throw JobFailure(
      "interrupted after step \(state.step), which is in a checkpoint; continue with --resume",
      status: TerminationSignals.exitStatus)
  }

  private var isCheckpointDue: Bool {
    let everySteps = configuration.checkpoint.everySteps
    return everySteps > 0 && state.step % everySteps == 0
  }

  private func isDue(_ verifyEvery: VerifyEvery) -> Bool {
    guard case .steps(let steps) = verifyEvery, steps > 0 else { return false }
    return state.step % steps == 0
  }
}
