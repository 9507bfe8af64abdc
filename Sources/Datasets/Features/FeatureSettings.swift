/// The settings by which the numbers of samples are read and prepared for a classifier.
package struct FeatureSettings: Equatable, Sendable {
  /// The order in which the pixels of images are read.
  package var order: PixelOrder
  /// The stand-in for numbers that are missing.
  package var missing: MissingValues
  /// The scale that numbers are brought to.
  package var normalization: Normalization

  package init(
    order: PixelOrder = .rows, missing: MissingValues = .error,
    normalization: Normalization = .none
  ) {
    (self.order, self.missing, self.normalization) = (order, missing, normalization)
  }
}

/// The stand-in for numbers that are missing: NaN in an array, `?` in a `.ts` file.
package enum MissingValues: String, Codable, Sendable, CaseIterable {
  /// The data set is refused.
  case error
  /// They are 0 once the others are normalized: with that, the mean.
  case zero
  /// They are as the feature's last number in the sequence that is there; 0 before the first.
  case previous
}

/// The scale that the numbers of a data set are brought to.
package enum Normalization: String, Codable, Sendable, CaseIterable {
  /// They stay as they are.
  case none
  /// Each feature has the mean 0 and the deviation 1 over the training set.
  case standard
  /// Each feature has the mean 0 and the deviation 1 over each sequence.
  case sample
}
