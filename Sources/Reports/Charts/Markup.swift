/// A piece of a page, in which every text is escaped. It is well-formed XML, too.
package struct Markup: Sendable {
  /// The text as it stands in the page.
  package let source: String

  private init(source: String) { self.source = source }

  /// A text.
  package static func text(_ text: String) -> Markup { Markup(source: escaped(text)) }

  /// A style sheet, which must hold neither `<` nor `&`.
  package static func style(_ rules: String) -> Markup {
    Markup(source: "<style>\n\(rules)\n</style>")
  }

  /// One after the other.
  package static func group(_ parts: [Markup]) -> Markup {
    Markup(source: parts.map(\.source).joined())
  }

  /// An element that holds nothing, such as `meta`, or a shape in a drawing.
  static func void(_ name: String, _ attributes: KeyValuePairs<String, String>) -> Markup {
    Markup(source: start(name, attributes) + "/>")
  }

  /// An element.
  package static func element(
    _ name: String, _ attributes: KeyValuePairs<String, String>, _ children: [Markup]
  ) -> Markup {
    Markup(source: "\(start(name, attributes))>\(group(children).source)</\(name)>")
  }

  /// An element without attributes.
  package static func element(_ name: String, _ children: [Markup]) -> Markup {
    element(name, [:], children)
  }

  /// An element with a text.
  package static func element(
    _ name: String, _ attributes: KeyValuePairs<String, String>, _ text: String
  ) -> Markup {
    element(name, attributes, [.text(text)])
  }

  /// An element with a text, and without attributes.
  package static func element(_ name: String, _ text: String) -> Markup {
    element(name, [:], [.text(text)])
  }

  private static func start(
    _ name: String, _ attributes: KeyValuePairs<String, String>
  ) -> String {
    attributes.reduce("<\(name)") { "\($0) \($1.key)=\"\(escaped($1.value))\"" }
  }

  /// The text with the characters that mean something in a page written as references, and without
  /// those that no page may have.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n": result.unicodeScalars.append(scalar)
      case _ where scalar.value < 32 || (127..<160).contains(scalar.value): result += "\u{FFFD}"
      case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
