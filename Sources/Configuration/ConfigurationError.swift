import Files

/// A mistake in a configuration, as a sentence.
package struct ConfigurationError: Error, Equatable, CustomStringConvertible {
  /// The sentence: where, what was found, what was expected.
  package let description: String
  /// The key whose value is out of its limits, if that is the mistake.
  package let key: String?
  /// True if an option on the command line is to blame, and no file.
  package let isOfOption: Bool

  /// The longest sentence, in characters: a value in a file may be of any length.
  private static let longest = 1500

  package init(_ description: String, key: String? = nil, isOfOption: Bool = false) {
    self.description = description.excerpt(Self.longest)
    (self.key, self.isOfOption) = (key, isOfOption)
  }
}
