import Files
import Foundation
import Yams

/// The checks between a text that may be anything and the YAML parser.
enum UntrustedYAML {
  /// The most bytes of a configuration; one with every key and its comment has ten thousand.
  static let longest = 1 << 16
  /// The longest wait for somebody to write to a pipe.
  private static let patience = Duration.seconds(2)
  /// The most question marks behind neither a letter nor a digit, which is where a YAML key may
  /// begin that is a list or a section. The parser hashes keys inside keys again at each level:
  /// with hundreds of levels that takes seconds.
  private static let mostQuestionMarks = 32

  /// The text of the file at `path`.
  ///
  /// - Throws: `ConfigurationError` if it cannot be read, is too long, or is neither UTF-8 nor, with
  ///   a byte-order mark, UTF-16.
  static func read(_ path: String) throws(ConfigurationError) -> String {
    func failure(_ reason: String) -> ConfigurationError {
      ConfigurationError(
        "cannot read the configuration \(path): \(reason); "
          + "name a YAML file, such as configs/fashion-mnist.yaml")
    }
    // O_NONBLOCK: opening a pipe must not wait for somebody to write to it.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw failure(
        errno == ENOENT
          ? "there is no such file" : "it is no readable file (\(systemReason(errno)))")
    }
    defer { close(descriptor) }
    // From a pipe the text arrives in pieces, and from a device it may never end.
    var bytes = Data()
    var piece = [UInt8](repeating: 0, count: longest + 1)
    var hasWaited = false
    while bytes.count <= longest {
      let count = Foundation.read(descriptor, &piece, piece.count - bytes.count)
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN {
        _ = canRead(descriptor, within: nil)
        continue
      }
      guard count >= 0 else { throw failure("it is no readable file (\(systemReason(errno)))") }
      if count == 0, bytes.isEmpty, !hasWaited {
        // A pipe that nobody writes to yet is at its end, too.
        hasWaited = true
        if canRead(descriptor, within: patience) { continue }
        throw failure("it is a pipe, and nobody writes to it")
      }
      if count == 0 { break }
      bytes.append(contentsOf: piece[..<count])
    }
    guard bytes.count <= longest else { throw tooLong("more than \(longest)", path) }
    // Foundation reads the mark, and of bytes that are no UTF-16 makes nothing.
    let isUTF16 = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
    let text =
      isUTF16
      ? String(data: bytes, encoding: .utf16) : String(validating: bytes, as: UTF8.self)
    guard let text else {
      throw failure("it is no UTF-8 text")
    }
    return text
  }

  /// True as soon as there is something to read, or the end; false after `limit`, if there is one.
  private static func canRead(_ descriptor: Int32, within limit: Duration?) -> Bool {
    let deadline = limit.map { ContinuousClock.now + $0 }
    while true {
      let left = deadline.map { ($0 - .now) / .milliseconds(1) }
      var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let count = poll(&ready, 1, left.map { Int32(max(0, $0)) } ?? -1)
      if count != -1 || errno != EINTR { return count != 0 }
    }
  }

  /// The root of `text`, which came from `source`; nil for an empty text.
  ///
  /// - Throws: `ConfigurationError` if it is too long, has aliases, or is no YAML.
  static func parse(_ text: String, source: String) throws(ConfigurationError) -> Node? {
    guard text.utf8.count <= longest else { throw tooLong("\(text.utf8.count)", source) }
    let text = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
    if let alias = alias(in: text) {
      throw ConfigurationError(
        "\(source) uses the YAML alias *\(alias.excerpt()); write out what &\(alias.excerpt()) "
          + "stands for")
    }
    guard questionMarkCount(in: text) <= mostQuestionMarks else {
      throw ConfigurationError(
        "\(source) has more than \(mostQuestionMarks) question marks, as before YAML keys that are "
          + "no words; write keys as words")
    }
    do {
      // Without rules of YAML's for what a value is: its key decides that.
      return try Yams.compose(yaml: text, .basic, .default, .utf8)
    } catch let error as YamlError {
      throw ConfigurationError("\(source) is no valid YAML: \(error.sentence(on: text))")
    } catch {
      throw ConfigurationError("\(source) is no valid YAML: \(error)")
    }
  }

  /// A name that stands in the text behind a & and behind a *, as an alias does.
  ///
  /// Few aliases make a tree of exponential size or of any depth, and the parser walks it. Only
  /// parsing finds them exactly: this takes every & and * where a word may begin, and so also a
  /// pair in comments or quotes, if one should be there; but it overlooks none.
  private static func alias(in text: String) -> String? {
    let bytes = Array(text.utf8)
    var names: [UInt8: Set<ArraySlice<UInt8>>] = [:]
    for index in bytes.indices where isSign("&*", bytes, index) {
      let name = bytes[(index + 1)...].prefix {
        isLetterOrDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
      }
      if !name.isEmpty { names[bytes[index], default: []].insert(name) }
    }
    return names[UInt8(ascii: "*")]?.intersection(names[UInt8(ascii: "&")] ?? []).first
      .map { String(decoding: $0, as: UTF8.self) }
  }

  /// The number of question marks where a key may begin.
  private static func questionMarkCount(in text: String) -> Int {
    let bytes = Array(text.utf8)
    return bytes.indices.count { isSign("?", bytes, $0) }
  }

  /// Tells whether one of `signs` stands at `index`, and behind no letter or digit: there it is a
  /// part of a word, as in R&D.
  private static func isSign(_ signs: String, _ bytes: [UInt8], _ index: Int) -> Bool {
    signs.utf8.contains(bytes[index]) && (index == 0 || !isLetterOrDigit(bytes[index - 1]))
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }

  private static func tooLong(_ count: String, _ source: String) -> ConfigurationError {
    ConfigurationError("\(source) has \(count) bytes; a configuration has at most \(longest)")
  }
}

extension YamlError {
  /// The mistake and its place, without the lines of the text that `description` repeats.
  fileprivate func sentence(on text: String) -> String {
    switch self {
    case .reader(let problem, let offset, _, _):
      "\(problem)\(offset.map { ", at character \($0 + 1)" } ?? "")"
    case .parser(_, let problem, let mark, _) where problem.hasPrefix("Maximum nesting level"):
      "it is nested too deeply, at line \(mark.line), column \(mark.column)"
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      (context.map { $0.text + ", " } ?? "") + problem
        + ", at line \(mark.line), column \(mark.column)"
    case .duplicatedKeysInMapping(let duplicates, let context):
      duplicates.first.map { key in
        let first = context.mark.line
        let second = secondLine(of: key, in: text, firstAt: context.mark)
        let lines = first == second ? "both times in" : "in line \(first) and in"
        return "the key \(key.excerpt()) is given twice, \(lines) line \(second); keep one of "
          + "the two"
      } ?? "a key is given twice; keep one of the two"
    default: "\(self)"
    }
  }

  /// The line of the second key of a section that is called `key`.
  private func secondLine(of key: String, in text: String, firstAt mark: Mark) -> Int {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    func isKey(_ rest: Substring) -> Bool {
      ["", "\"", "'"].contains { quote in
        let name = quote + key + quote
        return rest.hasPrefix(name)
          && rest.dropFirst(name.count).drop { $0 == " " || $0 == "\t" }.first == ":"
      }
    }
    // One to a line, and all in the same column.
    for number in lines.indices.dropFirst(mark.line)
    where lines[number].prefix(mark.column - 1).allSatisfy({ $0 == " " })
      && isKey(lines[number].dropFirst(mark.column - 1))
    {
      return number + 1
    }
    // Between braces.
    for number in lines.indices.dropFirst(mark.line - 1) {
      let line = lines[number]
      let first = number == mark.line - 1 ? mark.column : 0
      for column in line.indices.dropFirst(first)
      where "{, \t".contains(column == line.startIndex ? " " : line[line.index(before: column)])
        && isKey(line[column...])
      {
        return number + 1
      }
    }
    return mark.line
  }
}
