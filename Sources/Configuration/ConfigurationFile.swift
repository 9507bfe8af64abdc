import Files
import Yams

/// A YAML file of one configuration or of several: the keys that all have in common, and a section
/// `variants` with the name of each and the keys in which it differs.
package struct ConfigurationFile {
  /// The name of the section that holds the variants.
  private static let section = "variants"
  /// The most characters of a variant's name, which is the name of a folder, too.
  private static let longestName = 64

  /// The names of the variants in the order of the file; none if it is one configuration.
  package let variants: [String]

  private let source: String
  private let common: Node?
  private let differences: [String: Node]

  /// Reads the file at `path`.
  ///
  /// - Throws: `ConfigurationError` if it cannot be read, is no YAML, or has variants without
  ///   names.
  package init(path: String) throws(ConfigurationError) {
    try self.init(yaml: UntrustedYAML.read(path), source: path)
    guard common != nil else {
      throw ConfigurationError(
        "\(path) is empty; a configuration names at least one key, such as train: {epochs: 5}, and "
          + "has the reference experiment's value for each that it leaves out")
    }
  }

  /// A file that names no key.
  package static var empty: ConfigurationFile {
    ConfigurationFile(
      variants: [], source: "the run's configuration.yaml", common: nil, differences: [:])
  }

  private init(variants: [String], source: String, common: Node?, differences: [String: Node]) {
    (self.variants, self.source) = (variants, source)
    (self.common, self.differences) = (common, differences)
  }

  /// The text of the file at `path`.
  ///
  /// - Throws: `ConfigurationError` if it cannot be read.
  package static func text(of path: String) throws(ConfigurationError) -> String {
    try UntrustedYAML.read(path)
  }

  /// Reads YAML text that came from `source`.
  ///
  /// - Throws: `ConfigurationError`, as reading a file does.
  package init(yaml text: String, source: String) throws(ConfigurationError) {
    self.source = source
    let root = try UntrustedYAML.parse(text, source: source)
    func isSection(_ pair: (key: Node, value: Node)) -> Bool { pair.key.string == Self.section }
    guard let mapping = root?.mapping, let variants = mapping.first(where: isSection)?.value else {
      (common, self.variants, differences) = (root, [], [:])
      return
    }
    common = Node(mapping.compactMap { isSection($0) ? nil : ($0.key, $0.value) })
    guard let named = variants.mapping, named.count >= 2 else {
      let found = variants.mapping.map { "a section of \($0.count)" } ?? variants.inWords
      throw ConfigurationError(
        "\(source)\(variants.lineNote): \(Self.section) is \(found); expected a section "
          + "with the names of two or more, and for each the keys in which it differs")
    }
    var names: [String] = []
    var differences: [String: Node] = [:]
    for (key, value) in named {
      guard let name = key.string, Self.isName(name) else {
        throw ConfigurationError(
          "\(source)\(key.lineNote): a name in \(Self.section) is \(key.inWords); expected up to "
            + "\(Self.longestName) letters, digits, and - or _ between them")
      }
      names.append(name)
      differences[name] = value
    }
    (self.variants, self.differences) = (names, differences)
  }

  /// The configuration of a variant: the values of `base`, over them the keys that all variants
  /// have in common, over them the variant's, and over all the settings in their order.
  ///
  /// - Parameters:
  ///   - variant: The variant's name; nil for a file without variants.
  ///   - base: The values of the keys that are not named.
  /// - Throws: `ConfigurationError` if the file has variants and `variant` names none of them, or
  ///   the other way round; for a key that is not known, or a value of the wrong type or out of its
  ///   limits.
  package func configuration(
    variant: String? = nil, settings: [TypedSetting] = [],
    over base: Configuration = Configuration()
  ) throws(ConfigurationError) -> Configuration {
    var values = GivenValues(over: base)
    try values.add(common, from: source)
    try values.add(difference(of: variant), from: source)
    for setting in settings { try values.add(setting) }
    return try values.configuration()
  }

  /// The keys in which a variant differs; nil if it differs in none.
  private func difference(of variant: String?) throws(ConfigurationError) -> Node? {
    let names = variants.joined(separator: ", ")
    guard let variant else {
      if variants.isEmpty { return nil }
      throw ConfigurationError(
        "\(source) holds the variants \(names); name one with --variant, or train all of them "
          + "with lockstep compare \(source)", isOfOption: true)
    }
    guard let difference = differences[variant] else {
      throw ConfigurationError(
        "--variant is \(variant.excerpt()); "
          + (variants.isEmpty
            ? "\(source) holds one configuration, so leave it out" : "\(source) holds \(names)"),
        isOfOption: true)
    }
    // A name with nothing behind it has what is common to all, as it is.
    return difference.string == "" ? nil : difference
  }

  /// Tells whether a variant may be called `name`.
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
  /// - Throws: `ConfigurationError`, as ``ConfigurationFile`` does.
  package init(
    file path: String, variant: String? = nil, settings: [String] = []
  ) throws(ConfigurationError) {
    self = try ConfigurationFile(path: path).configuration(
      variant: variant, settings: settings.map { TypedSetting($0) })
  }

  /// Reads a configuration from YAML text that came from `source`.
  ///
  /// - Throws: `ConfigurationError`, as ``ConfigurationFile`` does.
  package init(
    yaml text: String, source: String, variant: String? = nil, settings: [String] = []
  ) throws(ConfigurationError) {
    self = try ConfigurationFile(yaml: text, source: source)
      .configuration(variant: variant, settings: settings.map { TypedSetting($0) })
  }
}
