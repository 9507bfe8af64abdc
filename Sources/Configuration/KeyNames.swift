import Files

/// The names of sections and keys, and a guess at the one that was meant.
enum KeyNames {
  /// The sections with the names of their keys.
  private static let sections = Configuration().sections.map { name, section in
    (name: name, keys: section.keys.map(\.name))
  }

  /// The names of the sections for an empty path, of a section's keys for its name, and else none.
  static func at(_ path: [String]) -> [String] {
    switch path.count {
    case 0: sections.map(\.name)
    case 1: sections.first { $0.name == path[0] }?.keys ?? []
    default: []
    }
  }

  /// Checks that there is a section or key `name` in the section at `path`.
  ///
  /// - Throws: `ConfigurationError` that begins with `place` and names the nearest one.
  static func requireKnown(
    _ name: String, at path: [String], where place: String
  ) throws(ConfigurationError) {
    if at(path).contains(name) { return }
    let full = (path + [name]).joined(separator: ".")
    if path.isEmpty, Configuration.declarations[name] != nil {
      let parts = name.split(separator: ".")
      throw ConfigurationError(
        "\(place): there is no key \(full.excerpt()) in a file; write \(parts[1]) in the section "
          + "\(parts[0])")
    }
    guard full.utf8.count <= 100, let nearest = nearest(to: full) else {
      throw ConfigurationError("\(place): there is no key \(full.excerpt())")
    }
    throw ConfigurationError(
      "\(place): there is no key \(full.excerpt()); did you mean \(nearest)?")
  }

  /// The section or key with the smallest editing distance, by its whole path and its last part.
  private static func nearest(to path: String) -> String? {
    let all = sections.flatMap { name, keys in [name] + keys.map { "\(name).\($0)" } }
    func last(_ path: String) -> String { path.split(separator: ".").last.map(String.init) ?? path }
    func distance(_ known: String) -> Int {
      2 * editingDistance(last(path), last(known)) + editingDistance(path, known)
    }
    return all.min { distance($0) < distance($1) }
  }

  /// The insertions, removals and replacements of letters that turn `a` into `b` (Levenshtein).
  private static func editingDistance(_ a: String, _ b: String) -> Int {
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
}
