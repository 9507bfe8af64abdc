import Cluster
import Training

/// A few steps of a training whose result is thrown away.
struct TrialStep {
  /// The time after which no other step is begun, in seconds.
  private static let limit = 1.0
  /// The most steps.
  private static let most = 10

  /// The number of steps that were timed.
  private(set) var steps = 0
  /// The time of a step, and of that the part in which this rank waited for messages, in seconds.
  private(set) var seconds = 0.0, messageSeconds = 0.0
  /// The sentence of a training that fails in its first steps; nil where it works.
  private(set) var failure: String?

  /// Does the steps. All ranks call this.
  ///
  /// - Throws: `RankFailure`; `JobFailure` where a signal comes.
  init(_ context: TrainingContext) throws {
    let group = context.group
    do {
      var state = try group.collectively {
        try TrainingState(context.data.layout, context.configuration)
      }
      try group.collectively {
        try state.parameters.initialize(
          seed: context.configuration.train.seed, as: context.configuration.model.initializer,
          progress: group.progress)
      }
      let orders = context.orders(epoch: 0)
      let count = min(Self.most, context.data.sampler.stepsPerEpoch)
      let stopwatch = Stopwatch()
      // The first step finds memory and connections that nobody has used.
      for step in 0..<max(count, 1) {
        let result = try context.runStep(
          &state, orders: orders,
          signals: StepSignals(isInterrupted: TerminationSignals.requested != nil))
        if result.signals.isInterrupted { throw JobFailure.interruption }
        if step > 0 || count == 1 {
          steps += 1
          seconds += result.times.total
          messageSeconds += result.times.reduction
        }
        let isLast = step > 0 && stopwatch.total > Self.limit
        if try group.locally({ try group.world.allReduce(isLast ? 1 : 0, .max) }) == 1 { break }
      }
      (seconds, messageSeconds) = (seconds / Double(steps), messageSeconds / Double(steps))
    } catch let error as JobFailure where !error.isInterruption {
      failure = error.description
    }
  }
}
