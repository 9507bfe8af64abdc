import Files
import Yams

/// The values that files and settings give to keys, over those of a base, and where each came from.
struct GivenValues {
  /// Every section with every key.
  private var root: Node
  /// The places by the paths of the keys, such as `test.yaml line 3`.
  private var places: [String: String] = [:]
  /// The paths of the keys whose values were typed on the command line.
  private var typed: Set<String> = []

  /// Begins with the values of `base`.
  init(over base: Configuration) { root = base.node }

  /// Takes the values that `file`, which came from `source`, names; nil names none.
  ///
  /// - Throws: `ConfigurationError` that names a key that is not known, or a section that is none.
  mutating func add(_ file: Node?, from source: String) throws(ConfigurationError) {
    guard let file else { return }
    for (key, keys) in try mapping(file, at: [], source) {
      let section = try name(key, at: [], source)
      for (key, value) in try mapping(keys, at: [section], source) {
        let key = try name(key, at: [section], source)
        set([section, key], to: value, from: source + value.lineNote)
      }
    }
  }

  /// Takes the value of a setting.
  ///
  /// - Throws: `ConfigurationError` if it names no key, or its value is no YAML.
  mutating func add(_ setting: TypedSetting) throws(ConfigurationError) {
    do { try add(setting.text, from: setting.option.excerpt()) } catch {
      throw ConfigurationError(error.description, key: error.key, isOfOption: true)
    }
  }

  private mutating func add(
    _ setting: String, from place: String
  ) throws(ConfigurationError) {
    guard let equals = setting.firstIndex(of: "="), equals != setting.startIndex else {
      throw ConfigurationError("\(place): expected key=value, such as --set train.batch=200")
    }
    let path = setting[..<equals].split(separator: ".", omittingEmptySubsequences: false)
      .map(String.init)
    for depth in path.indices {
      try KeyNames.requireKnown(
        path[depth], at: Array(path[..<depth]), before: path[(depth + 1)...], where: place)
    }
    guard path.count == 2 else {
      throw ConfigurationError(
        "\(place): \(path[0]) is a section; name one of its keys "
          + KeyNames.at(path).joined(separator: ", "))
    }
    let text = String(setting[setting.index(after: equals)...])
    set(path, to: try UntrustedYAML.parse(text, source: place) ?? Node(text), from: place)
    typed.insert(path.joined(separator: "."))
  }

  /// The configuration that the values make.
  ///
  /// - Throws: `ConfigurationError` if a value is of the wrong type or out of its limits.
  func configuration() throws(ConfigurationError) -> Configuration {
    let configuration = try decoded()
    do { try configuration.validate() } catch {
      let place = error.key.flatMap { places[$0] }.map { "\($0): " } ?? ""
      throw ConfigurationError(
        place + error.description, key: error.key, isOfOption: isTyped(error.key))
    }
    return configuration
  }

  private func isTyped(_ key: String?) -> Bool { key.map(typed.contains) ?? false }

  private mutating func set(_ path: [String], to value: Node, from place: String) {
    root[path[0]]?[path[1]] = value.withoutOldNumbers
    places[path.joined(separator: ".")] = place
    typed.remove(path.joined(separator: "."))
  }

  /// The names and values in `node`, which is the section at `path`.
  private func mapping(
    _ node: Node, at path: [String], _ source: String
  ) throws(ConfigurationError) -> Node.Mapping {
    if let mapping = node.mapping { return mapping }
    throw ConfigurationError(
      "\(source)\(node.lineNote): \(path.first ?? "a configuration") must be a section with the "
        + "keys " + KeyNames.at(path).joined(separator: ", "))
  }

  /// The name that `node` is, of the section at `path` or of one of its keys.
  private func name(
    _ node: Node, at path: [String], _ source: String
  ) throws(ConfigurationError) -> String {
    let place = source + node.lineNote
    guard let name = node.scalar?.string else {
      throw ConfigurationError("\(place): a key is \(node.inWords); expected a word")
    }
    try KeyNames.requireKnown(name, at: path, where: place)
    return name
  }

  private func decoded() throws(ConfigurationError) -> Configuration {
    do {
      return try YAMLDecoder().decode(Configuration.self, from: root)
    } catch let error as DecodingError {
      let (key, sentence) = explanation(of: error)
      throw ConfigurationError(sentence, key: key, isOfOption: isTyped(key))
    } catch {
      throw ConfigurationError("the configuration cannot be read: \(error)")
    }
  }

  /// The key that has a value of the wrong type, and the sentence about that.
  private func explanation(of error: DecodingError) -> (key: String?, sentence: String) {
    let context =
      switch error {
      case .typeMismatch(_, let context), .valueNotFound(_, let context),
        .keyNotFound(_, let context), .dataCorrupted(let context):
        context
      @unknown default: DecodingError.Context(codingPath: [], debugDescription: "\(error)")
      }
    let path = context.codingPath.prefix(2).map(\.stringValue)
    let key = path.joined(separator: ".")
    guard let declared = Configuration.declarations[key], let value = root[path[0]]?[path[1]] else {
      return (nil, "the configuration cannot be read: \(context.debugDescription)")
    }
    return (
      key,
      "\(places[key] ?? "the configuration"): \(key) is \(value.inWords); expected "
        + declared.expectation(foundScalar: value.scalar != nil)
    )
  }
}

extension Node {
  /// The line of a file, such as " line 3", or nothing if the node came from elsewhere.
  var lineNote: String { mark.map { " line \($0.line)" } ?? "" }

  /// The value as messages name it.
  var inWords: String {
    switch self {
    case .scalar(let scalar): scalar.string.isEmpty ? "empty" : "'\(scalar.string.excerpt())'"
    case .sequence: "a list"
    case .mapping: "a section"
    case .alias: "an alias"
    }
  }

  /// The value, marked as text where it is a plain word that begins with a needless 0 or has a
  /// colon: YAML 1.1 takes 010 for 8, and 1:30 for a number of base 60, with which Yams traps where it
  /// is too large.
  fileprivate var withoutOldNumbers: Node {
    guard case .scalar(var scalar) = self, scalar.style == .plain,
      scalar.string.contains(/:|^[-+]?0[0-9_]/)
    else { return self }
    scalar.style = .doubleQuoted
    return .scalar(scalar)
  }
}
