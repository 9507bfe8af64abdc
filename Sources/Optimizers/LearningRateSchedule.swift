import Tensors

/// The learning rate of each step of a run.
package struct LearningRateSchedule: Sendable {
  /// The course of the factor that the learning rate is multiplied by.
  package enum Decay: String, Codable, Sendable, CaseIterable {
    /// It stays 1.
    case constant
    /// It falls along half a cosine, to `floor` at the end of the training.
    case cosine
    /// It falls in a straight line, to `floor` at the end of the training.
    case linear
    /// It is multiplied by `stepFactor` each `stepEpochs` epochs, as by
    /// `torch.optim.lr_scheduler.StepLR`.
    case step
    /// It is multiplied by `stepFactor` each time that the evaluations stop improving, as by
    /// `torch.optim.lr_scheduler.ReduceLROnPlateau`.
    case reduceOnPlateau = "reduce-on-plateau"

    /// True if the number of epochs decides the learning rate of a step.
    package var endsWithTraining: Bool { self == .cosine || self == .linear }
  }

  private let base: Double
  private let decay: Decay
  private let warmupSteps: Int
  private let floor: Double
  private let stepEpochs: Int
  private let stepFactor: Double
  private let stepsPerEpoch: Int
  private let lastStep: Double

  /// The schedule of a run of `epochs` epochs.
  ///
  /// - Parameters:
  ///   - base: the learning rate where the factor is 1.
  ///   - warmupSteps: the steps in which the factor first rises to 1.
  ///   - floor: the factor that `cosine` and `linear` end with, and the least of `reduceOnPlateau`.
  ///   - stepEpochs, stepFactor: when `step` multiplies, and by what it and `reduceOnPlateau` do.
  package init(
    base: Double, decay: Decay = .constant, warmupSteps: Int = 0, floor: Double = 0,
    stepEpochs: Int = 1, stepFactor: Double = 0.1, stepsPerEpoch: Int, epochs: Int
  ) {
    (self.base, self.decay, self.warmupSteps, self.floor) = (base, decay, warmupSteps, floor)
    (self.stepEpochs, self.stepFactor) = (stepEpochs, stepFactor)
    self.stepsPerEpoch = stepsPerEpoch
    lastStep = Double(epochs) * Double(stepsPerEpoch)
  }

  /// The least difference that `reduceOnPlateau` makes (`eps` of `ReduceLROnPlateau`).
  private static let leastReduction = 1e-8

  /// The learning rate of the step that follows `step` others.
  ///
  /// Step k of W steps of warm-up has k / W of it; the first one after them has all.
  ///
  /// - Parameter reductions: how often evaluations stopped improving, of which
  ///   `reduceOnPlateau` alone takes note.
  package func learningRate(after step: Int, reductions: Int = 0) -> Double {
    let base = decay == .reduceOnPlateau ? reduced(reductions) : base
    if step < warmupSteps { return base * Double(step + 1) / Double(warmupSteps) }
    let warmup = Double(warmupSteps)
    let progress = min((Double(step) - warmup) / max(lastStep - warmup, 1), 1)
    let rest = 1 - floor
    let factor =
      switch decay {
      case .constant, .reduceOnPlateau: 1.0
      case .cosine: floor + rest * (1 + Elementary.cos(.pi * progress)) / 2
      case .linear: floor + rest * (1 - progress)
      case .step: Elementary.power(stepFactor, step / stepsPerEpoch / stepEpochs)
      }
    return base * factor
  }

  /// The learning rate that `reductions` leave, each as `ReduceLROnPlateau._reduce_lr`.
  private func reduced(_ reductions: Int) -> Double {
    var rate = base
    for _ in 0..<reductions {
      let next = max(rate * stepFactor, floor * base)
      // None of those that follow would be larger.
      guard rate - next > Self.leastReduction else { break }
      rate = next
    }
    return rate
  }
}
