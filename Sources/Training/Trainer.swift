/// The loop that trains.
struct Trainer {
  let configuration: Configuration
  let options: RunOptions
  let team: Team
  let step: TrainingStep
  let evaluation: TeamEvaluation
  /// On rank 0 alone.
  let report: RunReport?
  /// Called after each step.
  let afterStep: (TrainingState) -> Void
  var state: TrainingState

  /// Trains from the state's step to the last one.
  ///
  /// - Throws: `JobFailure` on every rank; any other error is this rank's alone.
  mutating func run() throws {
    let stepsPerEpoch = step.plan.stepsPerEpoch
    let lastStep = options.lastStep(configuration, stepsPerEpoch: stepsPerEpoch)
    while state.step < lastStep {
      let epoch = state.step / stepsPerEpoch
      let orders = step.orders(epoch: epoch)
      report?.beginEpoch(epoch)
      var isInterrupted = false
      repeat {
        // Forward, loss, backward through time, one gradient for all ranks, and Adam.
        let result = try step.run(&state, orders: orders, cannotWrite: report?.failure != nil)
        report?.step(state.step, result)
        afterStep(state)
        if isDue(configuration.train.verifyEvery) {
          try team.verifyReplicas(state.parameters, step: state.step)
        }
        if result.cannotWrite { try team.onRoot { try report?.finishWriting() } }
        isInterrupted = result.isInterrupted
        if isInterrupted { break }
        if state.step % stepsPerEpoch != 0, isCheckpointDue { report?.checkpoint(state) }
      } while state.step % stepsPerEpoch != 0 && state.step < lastStep
      if state.step % stepsPerEpoch == 0 || state.step == lastStep { try finishEpoch() }
      if isInterrupted && state.step < lastStep { try stop() }
    }
    try team.onRoot { try report?.finishWriting() }
  }

  /// Compares the replicas, evaluates, and writes a checkpoint.
  private func finishEpoch() throws {
    if configuration.train.verifyEvery == .epoch {
      try team.verifyReplicas(state.parameters, step: state.step)
    }
    report?.endTraining()
    let result = try evaluation.evaluate(state.parameters)
    try team.onRoot {
      guard let result, !result.loss.isFinite else { return }
      throw JobFailure(
        "after step \(state.step) the loss on the test images is \(result.loss); \(TrainingStep.advice)"
      )
    }
    if let result { report?.evaluation(state.step, result) }
    report?.checkpoint(state, result)
  }

  /// Ends a run that a signal interrupted: with a checkpoint, on all ranks after the same step.
  private func stop() throws {
    try team.onRoot {
      report?.checkpoint(state)
      try report?.finishWriting()
    }
    throw JobFailure(
      "interrupted after step \(state.step), which is in a checkpoint; continue with --resume",
      status: Interruption.exitStatus)
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
