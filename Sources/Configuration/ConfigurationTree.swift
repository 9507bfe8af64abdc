import Files
import Networks
import Optimizers
import Reduction
import Tensors
import Yams

extension Node {
  /// The value, marked as text where it is a plain word with a colon: YAML 1.1 takes 1:30 for a number
  /// of base 60, and Yams traps where that is too large.
  fileprivate var withoutBase60: Node {
    guard case .scalar(var scalar) = self, scalar.style == .plain, scalar.string.contains(":")
    else { return self }
    scalar.style = .doubleQuoted
    return .scalar(scalar)
  }
}

/// The nodes of a configuration, which knows from the defaults what keys there are, and for each
/// value where it came from.
package struct ConfigurationTree {
  private var root: Node
  private var sources: [String: String] = [:]

  package static func defaults() throws(ConfigurationError) -> ConfigurationTree {
    guard let root = try ConfigurationText.parse(defaultText.get(), source: "the default") else {
      throw ConfigurationError("the default configuration is empty")
    }
    return ConfigurationTree(root: root)
  }

  private static let defaultText: Result<String, ConfigurationError> = Result {
    () throws(ConfigurationError) in
    do { return try Configuration().yaml } catch {
      throw ConfigurationError("the default configuration is damaged: \(error)")
    }
  }

  /// Replaces what `node` names, which came from `source`, at the key `path`.
  package mutating func overlay(
    _ node: Node?, at path: [String] = [], source: String
  ) throws(ConfigurationError) {
    guard let node else { return }
    guard let known = self[path] else { return }
    guard let knownMapping = known.mapping else {
      self[path] = node.withoutBase60
      sources[path.joined(separator: ".")] = "\(source)\(Self.lineNote(node))"
      return
    }
    guard let mapping = node.mapping else {
      let section = path.isEmpty ? "a configuration" : path.joined(separator: ".")
      throw ConfigurationError(
        "\(source)\(Self.lineNote(node)): \(section) must be a section with the keys "
          + knownMapping.keys.compactMap(\.string).joined(separator: ", "))
    }
    for (key, value) in mapping {
      guard let name = key.scalar?.string else {
        throw ConfigurationError(
          "\(source)\(Self.lineNote(key)): a key is \(Self.text(of: key)); expected a word")
      }
      try check(name, at: path, where: "\(source)\(Self.lineNote(key))")
      try overlay(value, at: path + [name], source: source)
    }
  }

  /// Replaces what a setting `key.path=value` names.
  package mutating func apply(_ setting: String) throws(ConfigurationError) {
    let place = "--set \(setting.excerpt())"
    guard let equals = setting.firstIndex(of: "="), equals != setting.startIndex else {
      throw ConfigurationError("\(place): expected key=value, such as --set train.batch=200")
    }
    let path = setting[..<equals].split(separator: ".", omittingEmptySubsequences: false)
      .map(String.init)
    for depth in path.indices {
      try check(path[depth], at: Array(path[..<depth]), where: place)
    }
    if let section = self[path]?.mapping {
      throw ConfigurationError(
        "\(place): \(path.joined(separator: ".")) is a section; name one of its keys "
          + section.keys.compactMap(\.string).joined(separator: ", "))
    }
    let text = String(setting[setting.index(after: equals)...])
    let value = try ConfigurationText.parse(text, source: place) ?? Node(text)
    try overlay(value, at: path, source: place)
    sources[path.joined(separator: ".")] = place
  }

  package func decode() throws(ConfigurationError) -> Configuration {
    do {
      return try YAMLDecoder().decode(Configuration.self, from: root)
    } catch let error as DecodingError {
      throw ConfigurationError(explain(error))
    } catch {
      throw ConfigurationError("the configuration cannot be read: \(error)")
    }
  }

  /// Where the value of `key` came from, if from any file or setting.
  package func place(of key: String) -> String? { sources[key] }

  private func check(
    _ key: String, at path: [String], where place: String
  ) throws(ConfigurationError) {
    let known = self[path]?.mapping?.keys.compactMap(\.string) ?? []
    if known.contains(key) { return }
    let full = (path + [key]).joined(separator: ".")
    let parts = key.split(separator: ".").map(String.init)
    if parts.count == 2, self[path + parts] != nil {
      throw ConfigurationError(
        "\(place): there is no key \(full.excerpt()) in a file; write \(parts[1]) in the section \(parts[0])"
      )
    }
    guard full.utf8.count <= 100, let nearest = nearest(to: full) else {
      throw ConfigurationError("\(place): there is no key \(full.excerpt())")
    }
    throw ConfigurationError(
      "\(place): there is no key \(full.excerpt()); did you mean \(nearest)?")
  }

  /// The known key with the smallest editing distance, by its whole path or its last part.
  private func nearest(to key: String) -> String? {
    let last = key.split(separator: ".").last.map(String.init) ?? key
    return ((try? Self.defaults()).map { allKeys($0.root, []) } ?? []).min { a, b in
      distance(a) < distance(b)
    }

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
    case "kind": return "expected one of " + list(OptimizerKind.self)
    case "cell": return "expected one of " + list(Cell.self)
    case "readout": return "expected one of " + list(Readout.self)
    case "initializer": return "expected one of " + list(Initializer.self)
    case "decay": return "expected one of " + list(LearningRateSchedule.Decay.self)
    case "order": return "expected one of " + list(ReductionOrder.self)
    case "precision": return "expected one of " + list(Precision.self)
    case "wire": return "expected one of " + list(ReductionFormat.self)
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
    case is Bool.Type: "expected true or false"
    default:
      known?.sequence != nil
        ? "expected a list, such as [a, b]"
        : known?.int != nil ? "expected a whole number" : "expected one value"
    }
  }

  package static func text(of node: Node) -> String {
    switch node {
    case .scalar(let scalar): scalar.string.isEmpty ? "empty" : "'\(scalar.string.excerpt())'"
    case .sequence: "a list"
    case .mapping: "a section"
    case .alias: "an alias"
    }
  }

  package static func lineNote(_ node: Node) -> String {
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
