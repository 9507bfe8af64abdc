import Foundation

extension Configuration.Schedule {
  /// Whether the number of epochs decides what the learning rate of a step is.
  var endsWithTraining: Bool { decay == .cosine || decay == .linear }
}

/// The learning rate of each step of a run.
package struct LearningRate {
  private let schedule: Configuration.Schedule
  private let base: Double
  private let stepsPerEpoch: Int
  private let lastStep: Double

  /// That of a run under `configuration`.
  package init(_ configuration: Configuration, stepsPerEpoch: Int) {
    schedule = configuration.schedule
    base = configuration.optimizer.learningRate
    self.stepsPerEpoch = stepsPerEpoch
    lastStep = Double(configuration.train.epochs) * Double(stepsPerEpoch)
  }

  /// The learning rate of the step that follows `step` others.
  ///
  /// Of W steps of warm-up, step k of W has k / W of it; the first one after them has all.
  package func after(_ step: Int) -> Double {
    if step < schedule.warmupSteps {
      return base * Double(step + 1) / Double(schedule.warmupSteps)
    }
    let warmup = Double(schedule.warmupSteps)
    let progress = min((Double(step) - warmup) / max(lastStep - warmup, 1), 1)
    let rest = 1 - schedule.floor
    let factor =
      switch schedule.decay {
      case .constant: 1.0
      case .cosine: schedule.floor + rest * (1 + cos(.pi * progress)) / 2
      case .linear: schedule.floor + rest * (1 - progress)
      case .step: pow(schedule.stepFactor, Double(step / stepsPerEpoch / schedule.stepEpochs))
      }
    return base * factor
  }
}
