import Foundation
import Yams

/// What is wrong with a configuration, as a sentence.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
  /// The sentence: where, what was found, what was expected.
  public let description: String

  init(_ description: String) { self.description = description }
}

extension Configuration {
  /// Reads a configuration: the defaults, over them the YAML file, over that the settings
  /// `key.path=value` in their order.
  ///
  /// - Throws: `ConfigurationError` if the file cannot be read, is no YAML, has a key that is not
  ///   known or a value of the wrong type or out of range.
  public init(file path: String, settings: [String] = []) throws(ConfigurationError) {
    let text: String
    do {
      text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
    } catch {
      throw ConfigurationError(
        "cannot read the configuration \(path): \(FileManager.default.fileExists(atPath: path) ? "it is no readable UTF-8 text file" : "there is no such file"); name one with --config, such as configs/fashion-mnist.yaml"
      )
    }
    self = try Configuration(yaml: text, source: path, settings: settings)
  }

  /// Reads a configuration from YAML text that came from `source`.
  ///
  /// - Throws: `ConfigurationError`, as reading a file does.
  public init(
    yaml text: String, source: String, settings: [String] = []
  ) throws(ConfigurationError) {
    var tree = try ConfigurationTree.defaults()
    try tree.overlay(ConfigurationTree.parse(text, source: source), at: [], source: source)
    for setting in settings { try tree.apply(setting) }
    self = try tree.decode()
    try validate()
  }

  /// The configuration with every key written out, as YAML.
  public var yaml: String {
    get throws {
      let text = try YAMLEncoder().encode(self)
      guard let tree = try Yams.compose(yaml: text) else { return text }
      return try Yams.serialize(node: tree.withPlainNumbers)
    }
  }
}

extension Node {
  /// The tree with numbers as a person writes them: 0.9 and not 9e-1.
  fileprivate var withPlainNumbers: Node {
    switch self {
    case .scalar(let scalar):
      guard scalar.style == .plain || scalar.style == .any, scalar.string.contains("e"),
        let number = Double(scalar.string)
      else { return self }
      return Node("\(number)")
    case .mapping(let mapping):
      return Node(mapping.map { ($0, $1.withPlainNumbers) })
    case .sequence, .alias:
      return self
    }
  }
}

/// The nodes of a configuration, which knows from the defaults what keys there are, and for each
/// value where it came from.
private struct ConfigurationTree {
  private var root: Node
  private var sources: [String: String] = [:]

  static func defaults() throws(ConfigurationError) -> ConfigurationTree {
    do {
      guard let root = try Yams.compose(yaml: Configuration().yaml) else {
        throw ConfigurationError("the default configuration is empty")
      }
      return ConfigurationTree(root: root)
    } catch {
      throw ConfigurationError("the default configuration is damaged: \(error)")
    }
  }

  /// The root mapping of `text`; an empty text has none.
  static func parse(_ text: String, source: String) throws(ConfigurationError) -> Node? {
    do {
      return try Yams.compose(yaml: text)
    } catch {
      throw ConfigurationError("\(source) is no valid YAML: \(error)")
    }
  }

  mutating func overlay(
    _ node: Node?, at path: [String], source: String
  ) throws(ConfigurationError) {
    guard let node else { return }
    guard let known = self[path] else { return }
    guard let knownMapping = known.mapping else {
      self[path] = node
      sources[path.joined(separator: ".")] = "\(source)\(lineNote(node))"
      return
    }
    guard let mapping = node.mapping else {
      let section = path.isEmpty ? "the file" : path.joined(separator: ".")
      throw ConfigurationError(
        "\(source)\(lineNote(node)): \(section) must be a section with the keys "
          + knownMapping.keys.compactMap(\.string).joined(separator: ", "))
    }
    for (key, value) in mapping {
      let name = key.string ?? "\(key)"
      try check(name, at: path, where: "\(source)\(lineNote(key))")
      try overlay(value, at: path + [name], source: source)
    }
  }

  mutating func apply(_ setting: String) throws(ConfigurationError) {
    guard let equals = setting.firstIndex(of: "="), equals != setting.startIndex else {
      throw ConfigurationError(
        "--set \(setting): expected key=value, such as --set train.batch=200")
    }
    let path = setting[..<equals].split(separator: ".", omittingEmptySubsequences: false)
      .map(String.init)
    for depth in path.indices {
      try check(path[depth], at: Array(path[..<depth]), where: "--set \(setting)")
    }
    if let section = self[path]?.mapping {
      throw ConfigurationError(
        "--set \(setting): \(path.joined(separator: ".")) is a section; name one of its keys "
          + section.keys.compactMap(\.string).joined(separator: ", "))
    }
    let text = String(setting[setting.index(after: equals)...])
    let value = try Self.parse(text, source: "--set \(setting)") ?? Node(text)
    try overlay(value, at: path, source: "--set \(setting)")
    sources[path.joined(separator: ".")] = "--set \(setting)"
  }

  func decode() throws(ConfigurationError) -> Configuration {
    do {
      return try YAMLDecoder().decode(Configuration.self, from: root)
    } catch let error as DecodingError {
      throw ConfigurationError(explain(error))
    } catch {
      throw ConfigurationError("the configuration cannot be read: \(error)")
    }
  }

  private func check(
    _ key: String, at path: [String], where place: String
  ) throws(ConfigurationError) {
    let known = self[path]?.mapping?.keys.compactMap(\.string) ?? []
    if known.contains(key) { return }
    let full = (path + [key]).joined(separator: ".")
    guard let nearest = nearest(to: full) else {
      throw ConfigurationError("\(place): there is no key \(full)")
    }
    throw ConfigurationError("\(place): there is no key \(full); did you mean \(nearest)?")
  }

  /// The known key with the smallest editing distance, by its whole path or its last part.
  private func nearest(to key: String) -> String? {
    let last = key.split(separator: ".").last.map(String.init) ?? key
    return allKeys(root, []).min { a, b in distance(a) < distance(b) }

    func distance(_ known: String) -> Int {
      let knownLast = known.split(separator: ".").last.map(String.init) ?? known
      return 2 * editingDistance(last, knownLast) + editingDistance(key, known)
    }
  }

  private func allKeys(_ node: Node, _ path: [String]) -> [String] {
    guard let mapping = node.mapping else { return [path.joined(separator: ".")] }
    return (path.isEmpty ? [] : [path.joined(separator: ".")])
      + mapping.flatMap { key, value in allKeys(value, path + [key.string ?? ""]) }
  }

  private func explain(_ error: DecodingError) -> String {
    let (type, context): (Any.Type?, DecodingError.Context) =
      switch error {
      case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
        (type, context)
      case .keyNotFound(_, let context), .dataCorrupted(let context): (nil, context)
      @unknown default: (nil, DecodingError.Context(codingPath: [], debugDescription: ""))
      }
    let path = context.codingPath.map(\.stringValue).filter { !$0.hasPrefix("Index ") }
    let key = path.joined(separator: ".")
    let found = self[path].map(Self.text) ?? "nothing"
    let expected = type.map { name(of: $0, at: path) } ?? Self.expectation(in: context)
    return "\(sources[key] ?? "the configuration"): \(key) is \(found); \(expected)"
  }

  private static func expectation(in context: DecodingError.Context) -> String {
    let key = context.codingPath.last?.stringValue
    switch key {
    case "order": return "expected one of " + list(Configuration.Reduction.Order.self)
    case "ranks": return "expected one of " + list(Configuration.Evaluation.Ranks.self)
    case "onFailure": return "expected one of " + list(Configuration.Checkpoint.FailurePolicy.self)
    default: return context.debugDescription
    }
  }

  private static func list<E: CaseIterable & RawRepresentable<String>>(_: E.Type) -> String {
    E.allCases.map(\.rawValue).joined(separator: ", ")
  }

  /// What is expected, by the type, or where that says nothing by the default.
  private func name(of type: Any.Type, at path: [String]) -> String {
    let known = (try? Self.defaults())?[path]
    return switch type {
    case is UInt64.Type: "expected a whole number from 0"
    case is Double.Type: "expected a number"
    case is String.Type: "expected text"
    default:
      known?.sequence != nil
        ? "expected a list, such as [a, b]"
        : known?.int != nil ? "expected a whole number" : "expected one value"
    }
  }

  private static func text(of node: Node) -> String {
    switch node {
    case .scalar(let scalar): scalar.string.isEmpty ? "empty" : "'\(scalar.string)'"
    case .sequence: "a list"
    case .mapping: "a section"
    case .alias: "an alias"
    }
  }

  private func lineNote(_ node: Node) -> String {
    node.mark.map { " line \($0.line)" } ?? ""
  }

  private subscript(path: [String]) -> Node? {
    get { path.reduce(root as Node?) { $0?.mapping?[$1] } }
    set {
      guard let newValue else { return }
      root = Self.replacing(root, at: path[...], with: newValue)
    }
  }

  private static func replacing(
    _ node: Node, at path: ArraySlice<String>, with value: Node
  ) -> Node {
    guard let first = path.first else { return value }
    guard var mapping = node.mapping, let child = mapping[first] else { return node }
    mapping[first] = replacing(child, at: path.dropFirst(), with: value)
    return .mapping(mapping)
  }
}

/// The insertions, removals and replacements of letters that turn `a` into `b` (Levenshtein).
private func editingDistance(_ a: String, _ b: String) -> Int {
  let (a, b) = (Array(a.lowercased()), Array(b.lowercased()))
  var row = Array(0...b.count)
  for (i, letter) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, other) in b.enumerated() {
      let replaced = diagonal + (letter == other ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[b.count]
}
