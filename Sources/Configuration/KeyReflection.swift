/// A part of a configuration: keys that belong together, each a property with `@Key`.
package protocol ConfigurationSection: Codable, Equatable, Sendable {
  /// A sentence on what the keys of the section decide.
  static var summary: String { get }
}

extension ConfigurationSection {
  /// The keys with their names, in the order of their declarations.
  var keys: [(name: String, key: any AnyKey)] {
    Mirror(reflecting: self).children.compactMap { child in
      // The storage of a property with a wrapper is named with _ in front.
      guard let label = child.label, let key = child.value as? any AnyKey else { return nil }
      return (String(label.dropFirst()), key)
    }
  }
}

extension Configuration {
  /// The sections with their names, in the order of their declarations.
  var sections: [(name: String, section: any ConfigurationSection)] {
    Mirror(reflecting: self).children.compactMap { child in
      guard let name = child.label, let section = child.value as? any ConfigurationSection
      else { return nil }
      return (name, section)
    }
  }

  /// All keys with their paths, such as `model.hidden`, in the order of their declarations.
  var keys: [(path: String, key: any AnyKey)] {
    sections.flatMap { name, section in section.keys.map { ("\(name).\($0)", $1) } }
  }

  /// The keys by their paths, with their defaults as values.
  static let declarations: [String: any AnyKey] = Dictionary(
    uniqueKeysWithValues: Configuration().keys.map { ($0.path, $0.key) })

  /// The text of every value by the path of its key.
  package var values: [String: String] {
    Dictionary(uniqueKeysWithValues: keys.map { ($0.path, $0.key.text) })
  }
}
