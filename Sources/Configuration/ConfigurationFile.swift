import Files
import Yams

/// What is wrong with a configuration, as a sentence.
package struct ConfigurationError: Error, Equatable, CustomStringConvertible {
  /// The sentence: where, what was found, what was expected.
  package let description: String
  /// The key whose value is out of its range, if that is what is wrong.
  package let key: String?

  /// The longest sentence, in characters: a value in a file may be of any length.
  private static let longest = 1500

  package init(_ description: String, key: String? = nil) {
    self.description = description.excerpt(Self.longest)
    self.key = key
  }
}

/// A YAML file of a configuration, or of several: what they have in common, and a section `variants` with the
/// name of each and the keys in which it differs from that.
package struct ConfigurationFile {
  /// What stands between the names of a file's variants and the rest of a configuration.
  private static let section = "variants"
  /// What a variant is called is a folder's name, too.
  private static let longestName = 64

  /// The names of the variants in the order of the file; none if it is one configuration.
  package let variants: [String]

  private let source: String
  private let common: Node?
  private let differences: [String: Node]

  /// Reads the file at `path`.
  ///
  /// - Throws: `ConfigurationError` if it cannot be read, is no YAML, or has variants without a name.
  package init(path: String) throws(ConfigurationError) {
    try self.init(yaml: ConfigurationText.read(path), source: path)
    guard common != nil else {
      throw ConfigurationError(
        "\(path) is empty; a configuration names at least one key, such as train: {epochs: 5}, and has the "
          + "reference experiment's value for each that it leaves out")
    }
  }

  /// Reads YAML text that came from `source`.
  ///
  /// - Throws: `ConfigurationError`, as reading a file does.
  package init(yaml text: String, source: String) throws(ConfigurationError) {
    self.source = source
    let root = try ConfigurationText.parse(text, source: source)
    func isSection(_ pair: (key: Node, value: Node)) -> Bool { pair.key.string == Self.section }
    guard let mapping = root?.mapping, let variants = mapping.first(where: isSection)?.value else {
      (common, self.variants, differences) = (root, [], [:])
      return
    }
    common = Node(mapping.compactMap { isSection($0) ? nil : ($0.key, $0.value) })
    guard let named = variants.mapping, named.count >= 2 else {
      let found =
        variants.mapping.map { "a section of \($0.count)" } ?? ConfigurationTree.text(of: variants)
      throw ConfigurationError(
        "\(source)\(ConfigurationTree.lineNote(variants)): \(Self.section) is \(found); expected a section "
          + "with the names of two or more, and for each the keys in which it differs")
    }
    var names: [String] = []
    var differences: [String: Node] = [:]
    for (key, value) in named {
      guard let name = key.string, Self.isName(name) else {
        throw ConfigurationError(
          "\(source)\(ConfigurationTree.lineNote(key)): a name in \(Self.section) is "
            + "\(ConfigurationTree.text(of: key)); expected up to \(Self.longestName) letters, digits, "
            + "and - or _ between them")
      }
      names.append(name)
      differences[name] = value
    }
    (self.variants, self.differences) = (names, differences)
  }

  /// A configuration: the defaults, over them the file, over that the variant, over that the settings
  /// `key.path=value` in their order.
  ///
  /// - Throws: `ConfigurationError` if the file has variants and none of them is named, or the other way
  ///   round; for a key that is not known, or a value of the wrong type or out of range.
  package func configuration(
    variant: String? = nil, settings: [String] = []
  ) throws(ConfigurationError) -> Configuration {
    var tree = try ConfigurationTree.defaults()
    try tree.overlay(common, source: source)
    try tree.overlay(difference(of: variant), source: source)
    for setting in settings { try tree.apply(setting) }
    let configuration = try tree.decode()
    do { try configuration.validate() } catch {
      let place = error.key.flatMap { tree.place(of: $0) }.map { "\($0): " } ?? ""
      throw ConfigurationError(place + error.description, key: error.key)
    }
    return configuration
  }

  /// In what a variant differs; nil for the only configuration of a file without variants.
  private func difference(of variant: String?) throws(ConfigurationError) -> Node? {
    let names = variants.joined(separator: ", ")
    guard let variant else {
      if variants.isEmpty { return nil }
      throw ConfigurationError(
        "\(source) holds the variants \(names); name one with --variant, or train all of them with "
          + "lockstep compare \(source)")
    }
    guard let difference = differences[variant] else {
      throw ConfigurationError(
        "--variant is \(variant.excerpt()); "
          + (variants.isEmpty
            ? "\(source) holds one configuration, so leave it out" : "\(source) holds \(names)"))
    }
    // A name with nothing behind it: what is common to all, as it is.
    return difference.string == "" ? nil : difference
  }

  private static func isName(_ name: String) -> Bool {
    func isLetterOrDigit(_ letter: Character?) -> Bool {
      letter.map { $0.isASCII && ($0.isLetter || $0.isNumber) } ?? false
    }
    return name.count <= longestName && isLetterOrDigit(name.first) && isLetterOrDigit(name.last)
      && name.allSatisfy { isLetterOrDigit($0) || $0 == "-" || $0 == "_" }
  }
}

extension Configuration {
  /// Reads a configuration from a file, as ``ConfigurationFile`` does.
  ///
  /// - Throws: `ConfigurationError`.
  package init(
    file path: String, variant: String? = nil, settings: [String] = []
  ) throws(ConfigurationError) {
    self = try ConfigurationFile(path: path).configuration(variant: variant, settings: settings)
  }

  /// Reads a configuration from YAML text that came from `source`.
  ///
  /// - Throws: `ConfigurationError`, as reading a file does.
  package init(
    yaml text: String, source: String, variant: String? = nil, settings: [String] = []
  ) throws(ConfigurationError) {
    self = try ConfigurationFile(yaml: text, source: source)
      .configuration(variant: variant, settings: settings)
  }

  /// The configuration with every key written out, as YAML, which reads back as the same.
  package var yaml: String {
    get throws {
      let text = try YAMLEncoder().encode(self)
      guard var tree = try Yams.compose(yaml: text) else { return text }
      // The encoder rounds a number to 15 digits and writes 0.9 as 9e-1.
      for section in Mirror(reflecting: self).children {
        for key in Mirror(reflecting: section.value).children {
          guard let section = section.label, let name = key.label, let number = key.value as? Double
          else { continue }
          tree[section]?[name] = Node("\(number)")
        }
      }
      return try Yams.serialize(node: tree)
    }
  }
}
