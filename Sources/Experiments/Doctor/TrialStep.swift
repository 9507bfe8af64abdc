import Cluster
import Training

/// A few steps of a training whose result is thrown away.
struct TrialStep {
  /// The number of steps that were timed.
  private(set) var steps = 0
  /// The time of a step, and of that the part in which this rank waited for messages, in seconds.
  private(set) var seconds = 0.0, messageSeconds = 0.0
  /// The sentence of a training that fails in its first steps; nil where it works.
  private(set) var failure: String?

  /// Does the steps. All ranks call this.
  ///
  /// - Parameters:
  ///   - start: the state before the steps, whose parameters they change; one of its own if nil.
  ///   - most: the most steps.
  ///   - limit: the time after which no other step is begun, in seconds.
  /// - Throws: `RankFailure`; `JobFailure` where a signal comes.
  init(
    _ context: TrainingContext, from start: TrainingState? = nil, most: Int = 10,
    limit: Double = 1
  ) throws {
    let group = context.group
    do {
      var state = try start ?? Self.freshState(context)
      let stepsPerEpoch = context.data.sampler.stepsPerEpoch
      var orders = context.orders(epoch: state.step / stepsPerEpoch)
      let count = min(most, stepsPerEpoch)
      let stopwatch = Stopwatch()
      // The first step finds memory and connections that nobody has used.
      for step in 0..<max(count, 1) {
        if state.step % stepsPerEpoch == 0 {
          orders = context.orders(epoch: state.step / stepsPerEpoch)
        }
        let result = try context.runStep(
          &state, orders: orders,
          signals: StepSignals(isInterrupted: TerminationSignals.requested != nil))
        if result.signals.isInterrupted { throw JobFailure.interruption }
        if step > 0 || count == 1 {
          steps += 1
          seconds += result.times.total
          messageSeconds += result.times.reduction
        }
        let isLast = step > 0 && stopwatch.total > limit
        if try group.locally({ try group.world.allReduce(isLast ? 1 : 0, .max) }) == 1 { break }
      }
      (seconds, messageSeconds) = (seconds / Double(steps), messageSeconds / Double(steps))
    } catch let error as JobFailure where !error.isInterruption {
      failure = error.description
    }
  }
  /// The state of a run that begins, with parameters from its seed.
  private static func freshState(_ context: TrainingContext) throws -> TrainingState {
    let group = context.group
    let state = try group.collectively {
      try TrainingState(context.data.layout, context.configuration)
    }
    try group.collectively {
      try state.parameters.initialize(
        seed: context.configuration.train.seed, as: context.configuration.model.initializer,
        progress: group.progress)
    }
    return state
  }
}
