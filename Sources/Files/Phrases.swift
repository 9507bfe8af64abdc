extension String {
  /// The text as one line of about `length` characters at the most, for a sentence that quotes a
  /// file: the middle of a longer one is left out, and control characters and line ends become
  /// spaces.
  package func excerpt(_ length: Int = 80) -> String {
    func isShown(_ scalar: Unicode.Scalar) -> Bool {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: false
      default: true
      }
    }
    func shown(_ scalars: some Sequence<Unicode.Scalar>) -> String {
      var view = UnicodeScalarView()
      view.append(contentsOf: scalars.map { isShown($0) ? $0 : " " })
      return String(view)
    }
    guard utf8.count > length, unicodeScalars.count > length else { return shown(unicodeScalars) }
    let half = length / 2
    return shown(unicodeScalars.prefix(half)) + " … " + shown(unicodeScalars.suffix(half))
  }
}

/// A number of things, such as "1 rank" and "4 ranks".
package func counted(_ number: Int, _ noun: String) -> String {
  "\(number) \(noun)\(number == 1 ? "" : "s")"
}
