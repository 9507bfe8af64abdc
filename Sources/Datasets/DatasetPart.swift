/// A part of a data set.
package enum DatasetPart: String, Codable, Sendable, CaseIterable {
  /// The samples to learn from: those of the training files, but for what is held out.
  case training
  /// The samples of the same files that are held out to evaluate on.
  case validation
  /// The samples to be judged by.
  case test
}
