/// A line of a `.ts` file's header: a keyword, in letters of any case, and words behind it.
struct TSHeaderLine {
  private let words: [Substring]

  init(_ line: String) { words = line.split { $0 == " " || $0 == "\t" } }

  /// True if the sequences follow.
  var isData: Bool { words.first?.lowercased() == "@data" }

  /// The names of the classes, if it is the line that says them.
  var classes: [String]? {
    says("@classlabel", "true") ? words.dropFirst(2).map(String.init) : nil
  }

  /// True if the line has a keyword, and this word behind it.
  func says(_ keyword: String, _ word: String) -> Bool {
    words.count > 1 && words[0].lowercased() == keyword && words[1].lowercased() == word
  }
}
