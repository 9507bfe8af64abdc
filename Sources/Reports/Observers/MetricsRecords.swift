import Datasets
import Training

/// A step in `metrics.jsonl`.
package struct StepRecord: Codable, Equatable, Sendable {
  package var type = "step"
  package let step: Int
  package let epoch: Int
  /// The mean cross-entropy over the batch.
  package let loss: Float
  package let learningRate: Double
  /// The norm of the gradient of all parameters, before it is clipped.
  package let gradientNorm: Double
  /// The seconds from the step's begin to its end on rank 0.
  package let seconds: Double

  package init(_ event: StepEvent) {
    (step, epoch) = (event.step, event.epoch)
    loss = event.result.loss
    learningRate = event.result.learningRate
    gradientNorm = event.result.gradientNorm
    seconds = event.result.times.total
  }
}

/// An evaluation in `metrics.jsonl`.
package struct EvaluationRecord: Codable, Equatable, Sendable {
  package var type = "evaluation"
  package let set: DatasetPart
  /// The steps done before it.
  package let step: Int
  package let epoch: Int
  /// The mean cross-entropy.
  package let loss: Double
  /// The share of samples that are taken for what they are, from 0 to 1.
  package let accuracy: Double
  package let correct: Int
  package let samples: Int
  /// The mean of the recalls, from 0 to 1; nil in a file of an earlier version, as those below.
  package let balancedAccuracy: Double?
  /// The mean of the classes' F1 scores, from 0 to 1.
  package let macroF1: Double?
  /// The share of each class's samples that are taken for it, in the order of the labels; nil for a
  /// class without samples.
  package let recalls: [Double?]?
  /// The seconds of the epoch's training before it; 0 if that was before the run was resumed.
  package let seconds: Double
  /// The speed of the epoch's training before it, or 0.
  package let samplesPerSecond: Double

  package init(_ event: EvaluationEvent) {
    (set, step, epoch) = (event.set, event.step, event.epoch)
    (loss, accuracy) = (event.result.loss, event.result.accuracy)
    (correct, samples) = (event.result.correct, event.result.samples)
    let confusion = event.result.confusion
    (balancedAccuracy, macroF1) = (confusion.balancedAccuracy, confusion.macroF1)
    recalls = confusion.recalls
    (seconds, samplesPerSecond) = (event.seconds, event.samplesPerSecond)
  }
}

/// A fall of the learning rate in `metrics.jsonl`.
package struct LearningRateRecord: Codable, Equatable, Sendable {
  package var type = "learningRate"
  /// The steps done before it.
  package let step: Int
  package let epoch: Int
  /// The learning rates of the next step without the fall and with it.
  package let from, to: Double

  package init(_ event: LearningRateEvent) {
    (step, epoch, from, to) = (event.step, event.epoch, event.from, event.to)
  }
}

/// The end of a run before its last epoch in `metrics.jsonl`.
package struct EarlyStopRecord: Codable, Equatable, Sendable {
  package static let type = "earlyStop"
  package var type = Self.type
  /// The steps done.
  package let step: Int
  package let epoch: Int
  /// The figure of the evaluations that it went by: `accuracy` or `loss`.
  package let criterion: String
  /// The best figure, and its epoch.
  package let best: Double
  package let bestEpoch: Int

  package init(_ event: EarlyStopEvent) {
    (step, epoch, criterion) = (event.step, event.epoch, event.criterion.rawValue)
    (best, bestEpoch) = (event.best, event.bestEpoch)
  }
}
