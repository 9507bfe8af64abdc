import Files

/// A mistake in a configuration, as a sentence.
package struct ConfigurationError: Error, Equatable, CustomStringConvertible {
  /// The sentence: where, what was found, what was expected.
  package let description: String
  /// The key whose value is out of its limits, if that is the mistake.
  package let key: String?

  /// The longest sentence, in characters: a value in a file may be of any length.
  private static let longest = 1500

  package init(_ description: String, key: String? = nil) {
    self.description = description.excerpt(Self.longest)
    self.key = key
  }
}
