/// The rule by which a figure of an evaluation counts as better than the best before it.
package struct ImprovementRule: Equatable, Sendable {
  /// The least difference between a figure and one that counts as better.
  package enum Threshold: Equatable, Sendable {
    /// A difference of more than a number (`threshold_mode="abs"` of `ReduceLROnPlateau`; `min_delta`
    /// of Keras' `EarlyStopping`).
    case absolute(Double)
    /// A difference of more than a part of the best figure (`threshold_mode="rel"`).
    case relative(Double)
  }

  private let isHigherBetter: Bool
  private let threshold: Threshold

  /// A rule for figures of which the higher is better, or else the lower.
  package init(isHigherBetter: Bool, threshold: Threshold) {
    (self.isHigherBetter, self.threshold) = (isHigherBetter, threshold)
  }

  /// Tells whether `figure` counts as better than `best`; any is better than none.
  package func isBetter(_ figure: Double, than best: Double?) -> Bool {
    guard let best else { return true }
    let sign: Double = isHigherBetter ? 1 : -1
    return switch threshold {
    case .absolute(let least): sign * figure > sign * (best + sign * least)
    case .relative(let part): sign * figure > sign * (best * (1 + sign * part))
    }
  }
}

/// The count of the evaluations in a row that were no better than the best before them.
package struct ImprovementCount: Equatable, Sendable {
  /// The best figure so far, and nil before the first one.
  package private(set) var best: Double?
  /// The evaluations since the best one (`num_bad_epochs` of `ReduceLROnPlateau`).
  package private(set) var evaluationsSince: Int

  /// A count that goes on from these figures; without any, it begins.
  package init(best: Double? = nil, evaluationsSince: Int = 0) {
    (self.best, self.evaluationsSince) = (best, evaluationsSince)
  }

  /// Takes the figure of an evaluation into account.
  package mutating func note(_ figure: Double, _ rule: ImprovementRule) {
    if rule.isBetter(figure, than: best) {
      (best, evaluationsSince) = (figure, 0)
    } else {
      evaluationsSince += 1
    }
  }

  /// Begins the count anew, with the best figure as it is.
  package mutating func restart() { evaluationsSince = 0 }
}
