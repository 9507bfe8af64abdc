import Cluster
import Configuration
import Datasets
import Tensors

/// The loop that trains, on every rank.
package struct Trainer {
  /// The length of a run, and the times of all that it does besides steps.
  package struct Settings: Sendable {
    package let stepsPerEpoch: Int
    package let epochs: Int
    /// The step after which the run ends: that of its last epoch, or an earlier one.
    package let lastStep: Int
    /// The interval from one comparison of the replicas to the next.
    package let verifyEvery: VerifyEvery
    /// The steps from one checkpoint within an epoch to the next; there are none if 0.
    package let checkpointEvery: Int
    /// The samples that are evaluated after each epoch.
    package let evaluatedSet: DatasetPart
    /// The samples that are evaluated after the last epoch alone, if any are left for then.
    package let finalSet: DatasetPart?
    /// The steps of an epoch from one report of the ranks' times to the next.
    package let logEvery: Int
    /// The first steps of this start that are recorded.
    package let tracedSteps: Int
    /// The rules by which evaluations steer the training, where samples are held out.
    package let rules: ProgressRules?

    package init(
      stepsPerEpoch: Int, epochs: Int, lastStep: Int? = nil, verifyEvery: VerifyEvery,
      checkpointEvery: Int, evaluatedSet: DatasetPart, finalSet: DatasetPart? = nil,
      logEvery: Int = 100, tracedSteps: Int = 0, rules: ProgressRules? = nil
    ) {
      (self.stepsPerEpoch, self.epochs) = (stepsPerEpoch, epochs)
      self.lastStep = min(lastStep ?? .max, epochs * stepsPerEpoch)
      (self.verifyEvery, self.checkpointEvery) = (verifyEvery, checkpointEvery)
      (self.evaluatedSet, self.finalSet) = (evaluatedSet, finalSet)
      (self.logEvery, self.tracedSteps) = (logEvery, tracedSteps)
      self.rules = rules
    }

    /// Tells whether a run has been stopped early, at the end of an epoch before its last one.
    package func isStoppedEarly(_ state: TrainingState) -> Bool {
      !state.awaitsEvaluation && isStop(after: state.step, state.progress)
    }

    /// Tells whether a run with such progress ends early with the epoch that ends with `step`.
    fileprivate func isStop(after step: Int, _ progress: TrainingProgress) -> Bool {
      step % stepsPerEpoch == 0 && step < epochs * stepsPerEpoch && rules?.stops(progress) == true
    }
  }

  package private(set) var state: TrainingState
  private let settings: Settings
  private let ranks: any TrainingOperations
  private let recorder: RunRecorder?
  /// The times of this rank since the last report of all.
  private var interval = RankTimes()
  /// The steps since the start, or as many as are recorded.
  private var tracedSteps = 0
  private let isInterrupted: () -> Bool
  private let afterStep: (TrainingState) -> Void

  /// A loop that goes on from `state`.
  ///
  /// - Parameters:
  ///   - recorder: given on rank 0 alone.
  ///   - isInterrupted: asked before each step whether a signal came to this rank.
  ///   - afterStep: called after each step.
  package init(
    _ settings: Settings, _ ranks: any TrainingOperations, _ recorder: RunRecorder?,
    _ state: TrainingState, isInterrupted: @escaping () -> Bool,
    afterStep: @escaping (TrainingState) -> Void = { _ in }
  ) {
    self.settings = settings
    self.ranks = ranks
    self.recorder = recorder
    self.isInterrupted = isInterrupted
    self.afterStep = afterStep
    self.state = state
  }

  /// Trains epoch after epoch, step after step, until the last step, a signal, or an evaluation that
  /// stops it early; after each step reports the times of the ranks, compares the replicas and writes
  /// a checkpoint where these are due, and after each epoch writes a checkpoint and evaluates. It
  /// begins with the evaluation that the state awaits.
  ///
  /// - Throws: `JobFailure` or `RankFailure`.
  package mutating func run() throws {
    if state.awaitsEvaluation, isEpochEnd || state.step == settings.lastStep {
      recorder?.beginEpoch((state.step - 1) / settings.stepsPerEpoch + 1)
      try evaluateEpoch()
    }
    while state.step < settings.lastStep, !settings.isStoppedEarly(state) {
      let isInterrupted = try trainEpoch()
      let evaluates = isEpochEnd || state.step == settings.lastStep
      if evaluates { try finishEpoch() }
      if isInterrupted { try stop() }
      if evaluates { try evaluateEpoch() }
    }
    if settings.isStoppedEarly(state) { noteEarlyStop() }
    try ranks.onRoot { try recorder?.finishWriting(isLast: true) }
  }

  /// Does the steps up to the end of the epoch or of the run, and returns whether a signal came
  /// first.
  private mutating func trainEpoch() throws -> Bool {
    state.awaitsEvaluation = false
    let epoch = state.step / settings.stepsPerEpoch
    let orders = ranks.orders(epoch: epoch)
    recorder?.beginEpoch(epoch + 1)
    while true {
      let signals = StepSignals(
        isInterrupted: isInterrupted(), cannotWrite: recorder?.failure != nil)
      // Batch, forward, loss, backward, reduce, clip, learning rate, update.
      let result = try ranks.runStep(&state, orders: orders, signals: signals)
      recorder?.stepEnded(state.step, result)
      try report(result.times, isLast: result.signals.isInterrupted)
      afterStep(state)
      if isVerificationDue { try ranks.verifyReplicas(state) }
      if result.signals.cannotWrite { try ranks.onRoot { try recorder?.finishWriting() } }
      if result.signals.isInterrupted { return true }
      if isEpochEnd || state.step == settings.lastStep {
        recorder?.epochEnded(state, result.gradient)
        return false
      }
      if isCheckpointDue { recorder?.checkpoint(state) }
    }
  }

  /// Takes note of the times of a step, and reports those of all ranks, and the record of the first
  /// steps, where these are due.
  ///
  /// - Parameter isLast: true if no step follows, besides those after which none does anyway.
  private mutating func report(_ times: StepTimes, isLast: Bool) throws {
    let isLast = isLast || state.step == settings.lastStep
    interval.add(times)
    if isLast || isEpochEnd || state.step % settings.stepsPerEpoch % settings.logEvery == 0 {
      if let ranks = try ranks.gather(interval) { recorder?.intervalEnded(state.step, ranks) }
      interval = RankTimes()
    }
    guard tracedSteps < settings.tracedSteps else { return }
    tracedSteps += 1
    guard tracedSteps == settings.tracedSteps || isLast else { return }
    tracedSteps = settings.tracedSteps
    if let trace = try ranks.collectTrace() { recorder?.traced(trace) }
  }

  /// Compares the replicas, and puts the state on the disk: the evaluation that follows may take
  /// longer than a cluster lets a job live after a signal.
  private mutating func finishEpoch() throws {
    if settings.verifyEvery == .epoch { try ranks.verifyReplicas(state) }
    recorder?.endTraining()
    state.awaitsEvaluation = true
    try ranks.onRoot {
      recorder?.checkpoint(state)
      try recorder?.finishWriting()
    }
  }

  /// Evaluates, lets that steer what follows, and writes the checkpoint again, now as one whose
  /// evaluation is done.
  private mutating func evaluateEpoch() throws {
    do {
      let result = try evaluate(settings.evaluatedSet)
      // A run that is interrupted before all is evaluated evaluates again, and must not count twice.
      var progress = state.progress
      if isEpochEnd { try note(result, in: &progress) }
      let isLast =
        state.step == settings.epochs * settings.stepsPerEpoch
        || settings.isStop(after: state.step, progress)
      if isLast, let set = settings.finalSet { _ = try evaluate(set) }
      state.awaitsEvaluation = false
      state.progress = progress
      // An undisturbed run is evaluated nowhere but at the ends of its epochs, and its best one is
      // one of those.
      recorder?.checkpoint(state, isEpochEnd ? result : nil)
    } catch let failure as JobFailure where failure.isInterruption {
      try stop()
    }
  }

  /// Takes an evaluation that rank 0 has into account, on all ranks.
  private func note(_ result: EvaluationResult?, in progress: inout TrainingProgress) throws {
    guard let rules = settings.rules else { return }
    let before = rules.learningRate(after: state.step, progress)
    rules.note(try ranks.share(result.map(rules.criterion.figure)), in: &progress)
    let now = rules.learningRate(after: state.step, progress)
    if now < before, state.step < settings.epochs * settings.stepsPerEpoch {
      recorder?.learningRateFell(after: state.step, from: before, to: now)
    }
  }

  /// Takes note of the end of a run before its last epoch.
  private func noteEarlyStop() {
    guard let rules = settings.rules, let best = state.progress.stopping.best else { return }
    let epoch = state.step / settings.stepsPerEpoch
    let count = state.progress.stopping.evaluationsSince
    recorder?.stoppedEarly(
      EarlyStopEvent(
        step: state.step, epoch: epoch, set: settings.evaluatedSet, criterion: rules.criterion,
        patience: rules.patience, delta: rules.delta, best: best, bestEpoch: epoch - count))
  }

  /// Returns the figures, on rank 0, after it has recorded them.
  private func evaluate(_ set: DatasetPart) throws -> EvaluationResult? {
    let result = try ranks.evaluate(set, state)
    try ranks.onRoot {
      guard let result, !result.loss.isFinite else { return }
      throw JobFailure(
        diverged:
          "after step \(state.step) the loss on the \(set) samples is \(result.loss.inWords)")
    }
    if let result { recorder?.evaluated(set, step: state.step, result) }
    return result
  }

  /// Ends a run that a signal interrupted: with a checkpoint, on all ranks after the same step.
  private func stop() throws {
    try ranks.onRoot {
      recorder?.checkpoint(state)
      try recorder?.finishWriting(isLast: true)
    }
    throw JobFailure(
      "interrupted after step \(state.step), which is in a checkpoint; continue with --resume",
      status: TerminationSignals.exitStatus)
  }

  private var isEpochEnd: Bool { state.step % settings.stepsPerEpoch == 0 }

  private var isCheckpointDue: Bool {
    settings.checkpointEvery > 0 && state.step % settings.checkpointEvery == 0
  }

  private var isVerificationDue: Bool {
    guard case .steps(let steps) = settings.verifyEvery, steps > 0 else { return false }
    return state.step % steps == 0
  }
}
