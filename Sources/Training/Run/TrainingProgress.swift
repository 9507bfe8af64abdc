import Configuration
import Optimizers
import Tensors

/// The news of a run's evaluations of the held-out samples, as far as they steer what follows: a part
/// of its state, the same on all ranks.
package struct TrainingProgress: Equatable, Sendable {
  /// The count that ends the training early.
  package var stopping = ImprovementCount()
  /// The count by which the learning rate falls, since it last fell.
  package var plateau = ImprovementCount()
  /// How often the learning rate fell.
  package var reductions = 0

  /// The progress of a run that was not evaluated yet.
  package init() {}
}

/// The rules by which the evaluations after each epoch steer a training.
package struct ProgressRules: Sendable {
  /// The figure that they go by.
  package let criterion: Configuration.Evaluation.Criterion
  /// The evaluations in a row without a better one after which the training ends; 0 if it never does.
  package let patience: Int
  /// The difference by which one has to be better.
  package let delta: Double
  private let plateau: (rule: ImprovementRule, patience: Int)?
  private let schedule: LearningRateSchedule

  /// The rules of a configuration that holds samples out; nil of one that does not.
  package init?(_ configuration: Configuration, stepsPerEpoch: Int) {
    guard configuration.data.validation > 0 else { return nil }
    criterion = configuration.evaluation.criterion
    patience = configuration.train.earlyStopping
    delta = configuration.train.earlyStoppingDelta
    let settings = configuration.schedule
    plateau =
      settings.decay == .reduceOnPlateau
      ? (
        ImprovementRule(
          isHigherBetter: criterion.isHigherBetter, threshold: .relative(settings.threshold)),
        settings.patience
      ) : nil
    schedule = configuration.learningRateSchedule(stepsPerEpoch: stepsPerEpoch)
  }

  /// Takes the figure of the evaluation after an epoch into account.
  ///
  /// The count of early stopping goes on where nothing is stopped, so that a run may be continued
  /// with a patience.
  package func note(_ figure: Double, in progress: inout TrainingProgress) {
    progress.stopping.note(
      figure,
      ImprovementRule(isHigherBetter: criterion.isHigherBetter, threshold: .absolute(delta)))
    guard let plateau else { return }
    progress.plateau.note(figure, plateau.rule)
    if progress.plateau.evaluationsSince > plateau.patience {
      progress.reductions += 1
      progress.plateau.restart()
    }
  }

  /// Tells whether the training ends.
  package func stops(_ progress: TrainingProgress) -> Bool {
    patience > 0 && progress.stopping.evaluationsSince >= patience
  }

  /// The learning rate of the step that follows `step` others.
  func learningRate(after step: Int, _ progress: TrainingProgress) -> Double {
    schedule.learningRate(after: step, reductions: progress.reductions)
  }
}

extension Configuration.Evaluation.Criterion {
  /// The figure of an evaluation.
  package func figure(of result: EvaluationResult) -> Double {
    switch self {
    case .accuracy: result.accuracy
    case .balancedAccuracy: result.confusion.balancedAccuracy
    case .macroF1: result.confusion.macroF1
    case .loss: result.loss
    }
  }

  /// Tells whether a figure is better than another; any is better than none.
  package func isBetter(_ figure: Double, than best: Double?) -> Bool {
    ImprovementRule(isHigherBetter: isHigherBetter, threshold: .absolute(0))
      .isBetter(figure, than: best)
  }
}
