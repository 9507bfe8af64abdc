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
  /// - Parameter rest: the names that were typed behind it.
  /// - Throws: `ConfigurationError` that begins with `place` and names one that is near, or else all
  ///   that there are.
  static func requireKnown(
    _ name: String, at path: [String], before rest: ArraySlice<String> = [], where place: String
  ) throws(ConfigurationError) {
    let known = at(path)
    if known.contains(name) { return }
    let full = (path + [name] + rest).joined(separator: ".")
    if path.isEmpty, rest.isEmpty, Configuration.declarations[name] != nil {
      let parts = name.split(separator: ".")
      throw ConfigurationError(
        "\(place): there is no key \(full.excerpt()) in a file; write \(parts[1]) in the section "
          + "\(parts[0])")
    }
    let advice =
      if full.utf8.count <= 100, let nearest = nearest(to: path + [name] + rest) {
        "did you mean \(nearest)?"
      } else if known.isEmpty {
        "\(path.joined(separator: ".")) has one value"
      } else {
        (path.isEmpty ? "the sections are " : "the keys of \(path[0]) are ")
          + known.joined(separator: ", ")
      }
    throw ConfigurationError("\(place): there is no key \(full.excerpt()); \(advice)")
  }

  /// The section or key that somebody may have meant who wrote `path`; nil if none is near.
  private static func nearest(to path: [String]) -> String? {
    guard let last = path.last, path.count <= 2 else { return nil }
    var best: (name: String, score: Int)?
    func offer(_ name: String, _ score: Int?) {
      guard let score, score < best?.score ?? .max else { return }
      best = (name, score)
    }
    for (section, keys) in sections {
      if path.count == 1 { offer(section, distance(last, section)) }
      for key in keys {
        guard let distance = distance(last, key) else { continue }
        // A section that was written counts for more than letters of the key.
        let isElsewhere = path.count == 2 && path[0] != section
        let toSection = isElsewhere ? Self.distance(path[0], section) ?? 10 : 0
        // In a section that there is, a key of another one must be the very word.
        let isStrange = isElsewhere && !at([path[0]]).isEmpty && distance > 0
        offer("\(section).\(key)", isStrange ? nil : distance + toSection)
      }
    }
    return best?.name
  }

  /// The number of mistakes in typing that make `typed` out of `known`; nil if it is another word.
  private static func distance(_ typed: String, _ known: String) -> Int? {
    let (typed, known) = (typed.lowercased(), known.lowercased())
    if typed == known { return 0 }
    let mistakes = editingDistance(typed, known)
    if typed.count >= 3, mistakes <= max(1, max(typed.count, known.count) / 4) { return mistakes }
    // batch_size for batch, but not logging for log.
    return known.count >= 5 && typed.contains(known) ? 5 : nil
  }

  /// The insertions, removals and replacements of letters, and swaps of two neighbors, that turn `a`
  /// into `b`.
  ///
  /// Source: the optimal string alignment distance (Damerau; Levenshtein).
  private static func editingDistance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a), Array(b))
    var before: [Int] = []
    var row = Array(0...b.count)
    for i in a.indices {
      var next = [i + 1]
      for j in b.indices {
        var least = min(row[j] + (a[i] == b[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          least = min(least, before[j - 1] + 1)
        }
        next.append(least)
      }
      (before, row) = (row, next)
    }
    return row[b.count]
  }
}
