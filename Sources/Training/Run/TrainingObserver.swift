import Configuration
import Datasets
import Networks
import Tensors

/// Reports what happens in a run, on rank 0: on the console, in a file.
///
/// An error that an observer throws once the run has begun is kept by `RunRecorder`, which decides
/// what it means for the run.
package protocol TrainingObserver: AnyObject {
  /// Tells that the run begins, if only to find nothing to do.
  func runBegan() throws
  /// Tells that a step was done on all ranks.
  func stepEnded(_ step: StepEvent) throws
  /// Tells the times of the ranks since the last time.
  func intervalEnded(_ interval: IntervalEvent) throws
  /// Hands over the record of the first steps, a file in the Trace Event Format.
  func traced(_ file: [UInt8]) throws
  /// Tells that the steps of an epoch are done, before the evaluation.
  func epochEnded(_ epoch: EpochEvent) throws
  /// Tells that the parameters were evaluated.
  func evaluated(_ evaluation: EvaluationEvent) throws
  /// Tells that the learning rate fell, since the evaluations had stopped improving.
  func learningRateFell(_ fall: LearningRateEvent) throws
  /// Tells that the run ends before its last epoch, be it that an earlier part of it was stopped so.
  func stoppedEarly(_ stop: EarlyStopEvent) throws
  /// Hands what was told to the operating system: before each checkpoint, and when the run ends.
  func flush() throws
  /// Puts what was flushed on the disk: before each checkpoint, on the thread that writes it.
  var synchronize: @Sendable () throws -> Void { get }
  /// Tells that the run has ended as it should.
  func runEnded()
}

extension TrainingObserver {
  package func runBegan() {}
  package func stepEnded(_ step: StepEvent) {}
  package func intervalEnded(_ interval: IntervalEvent) {}
  package func traced(_ file: [UInt8]) {}
  package func epochEnded(_ epoch: EpochEvent) {}
  package func evaluated(_ evaluation: EvaluationEvent) {}
  package func learningRateFell(_ fall: LearningRateEvent) {}
  package func stoppedEarly(_ stop: EarlyStopEvent) {}
  package func flush() {}
  package var synchronize: @Sendable () throws -> Void { {} }
  package func runEnded() {}
}

/// One step of a run.
package struct StepEvent {
  /// The number of the step, from 1.
  package let step: Int
  /// The number of its epoch, from 1.
  package let epoch: Int
  /// The figures of the step.
  package let result: StepResult

  package init(step: Int, epoch: Int, result: StepResult) {
    (self.step, self.epoch, self.result) = (step, epoch, result)
  }
}

/// The times of the ranks in some steps of a run.
package struct IntervalEvent {
  /// The number of the last of the steps.
  package let step: Int
  /// The times of each rank.
  package let ranks: [RankTimes]
  /// The rank for which the others waited; nil for one rank.
  package let last: LastRank?
  /// The ranks that have become stragglers.
  package let stragglers: [Straggler]

  package init(step: Int, ranks: [RankTimes], stragglers: [Straggler]) {
    (self.step, self.ranks, self.stragglers) = (step, ranks, stragglers)
    last = LastRank(of: ranks)
  }
}

/// The end of the steps of an epoch, or of those that a run does of its last one.
package struct EpochEvent {
  /// The number of the last of the steps.
  package let step: Int
  /// The number of the epoch, from 1.
  package let epoch: Int
  /// The parameters after it.
  package let parameters: ParameterBuffer
  /// The gradient of the last step, as long as the event is told.
  package let gradient: StepGradient?

  package init(step: Int, epoch: Int, parameters: ParameterBuffer, gradient: StepGradient?) {
    (self.step, self.epoch) = (step, epoch)
    (self.parameters, self.gradient) = (parameters, gradient)
  }
}

/// One evaluation of a run.
package struct EvaluationEvent {
  /// The samples that were evaluated.
  package let set: DatasetPart
  /// The steps done before it.
  package let step: Int
  /// The number of the epoch before it, from 1.
  package let epoch: Int
  /// The loss, and the figures of the classes.
  package let result: EvaluationResult
  /// The time of the epoch's training, in seconds; 0 if that was before the run was resumed.
  package let seconds: Double
  /// The speed of the epoch's training, or 0.
  package let samplesPerSecond: Double

  package init(
    set: DatasetPart, step: Int, epoch: Int, result: EvaluationResult, seconds: Double,
    samplesPerSecond: Double
  ) {
    (self.set, self.step, self.epoch, self.result) = (set, step, epoch, result)
    (self.seconds, self.samplesPerSecond) = (seconds, samplesPerSecond)
  }
}

/// A fall of the learning rate after an evaluation.
package struct LearningRateEvent {
  /// The steps done before it.
  package let step: Int
  /// The number of the epoch before it, from 1.
  package let epoch: Int
  /// The learning rates of the next step without the fall and with it.
  package let from, to: Double

  package init(step: Int, epoch: Int, from: Double, to: Double) {
    (self.step, self.epoch, self.from, self.to) = (step, epoch, from, to)
  }
}

/// The end of a run before its last epoch.
package struct EarlyStopEvent {
  /// The steps done.
  package let step: Int
  /// The number of the last epoch, from 1.
  package let epoch: Int
  /// The samples that are evaluated after each epoch.
  package let set: DatasetPart
  /// The figure that the evaluations are compared by.
  package let criterion: Configuration.Evaluation.Criterion
  /// The evaluations in a row without a better one that end a run.
  package let patience: Int
  /// The difference by which one has to be better.
  package let delta: Double
  /// The best figure, and the number of its epoch, from 1.
  package let best: Double
  package let bestEpoch: Int

  package init(
    step: Int, epoch: Int, set: DatasetPart, criterion: Configuration.Evaluation.Criterion,
    patience: Int, delta: Double, best: Double, bestEpoch: Int
  ) {
    (self.step, self.epoch, self.set, self.criterion) = (step, epoch, set, criterion)
    (self.patience, self.delta) = (patience, delta)
    (self.best, self.bestEpoch) = (best, bestEpoch)
  }
}
