import Configuration

/// The samples that a classifier is evaluated on.
package enum EvaluatedSet: String, Codable, Sendable {
  /// The part of the training set that is held out.
  case validation
  /// The test set.
  case test
}

extension Configuration {
  /// The set that is evaluated after each epoch.
  package var evaluatedSet: EvaluatedSet { data.validation > 0 ? .validation : .test }
}
