extension String {
  /// The text as one line of about `length` characters at the most, for a sentence that quotes a
  /// file: the middle of a longer one is left out, and characters that are not shown, such as line
  /// breaks, become spaces.
  package func excerpt(_ length: Int = 80) -> String {
    func shown(_ scalars: some Sequence<Unicode.Scalar>) -> String {
      var view = UnicodeScalarView()
      view.append(contentsOf: scalars.map { $0.isShown ? $0 : " " })
      return String(view)
    }
    guard utf8.count > length, unicodeScalars.count > length else { return shown(unicodeScalars) }
    let half = length / 2
    return shown(unicodeScalars.prefix(half)) + " … " + shown(unicodeScalars.suffix(half))
  }
}

extension Unicode.Scalar {
  /// True if the character stands for itself in a line: it is no control character, line break or
  /// paragraph break, and none that is invisible or changes the direction of others. Those do that
  /// join or part their neighbors, as Persian, Hindi and some emoji are spelled.
  package var isShown: Bool {
    switch properties.generalCategory {
    case .format: properties.isJoinControl
    case .control, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }
}

/// A number of things, such as "1 rank" and "4 ranks".
package func counted(_ number: Int, _ noun: String) -> String {
  "\(number) \(noun)\(number == 1 ? "" : "s")"
}
