import Yams

extension Configuration {
  /// The configuration with every key written out, as YAML, which reads back as the same.
  package var yaml: String {
    get throws { try Yams.serialize(node: node) }
  }

  /// Some keys alone as YAML.
  ///
  /// - Parameter paths: the keys, such as `data.classes`.
  package func yaml(of paths: Set<String>) throws -> String {
    let chosen = sections.map { name, section in
      (Node(name), section.keys.filter { paths.contains("\(name).\($0.name)") })
    }
    return try Yams.serialize(
      node: Node(
        chosen.filter { !$0.1.isEmpty }.map { name, keys in
          (name, Node(keys.map { (Node($0.name), $0.key.node) }))
        }))
  }

  /// The same with every section and key under a comment that says what it is for.
  package var commentedYAML: String {
    get throws {
      var text = """
        # The configuration of a run, with every key. As a file for --config it is the same experiment.

        """
      for (name, section) in sections {
        text += "\n" + wrapped(type(of: section).summary, prefix: "# ") + "\(name):\n"
        for (key, declaration) in section.keys {
          text += wrapped(declaration.description, prefix: "  # ")
          text += wrapped(declaration.choices, prefix: "  # ")
          let lines = try Yams.serialize(node: [Node(key): declaration.node])
            .split(separator: "\n", omittingEmptySubsequences: false).dropLast()
          text += lines.map { "  \($0)\n" }.joined()
        }
      }
      return text
    }
  }

  /// The page of the documentation that explains every key, in Markdown.
  package static var keysPage: String {
    var text = """
      # The keys of a configuration

      The keys that a YAML file or an option `--set key=value` can name. One that neither names has
      its default; the defaults are the reference experiment. In a file, a key stands in its section
      and without the section's name, as in `configs/fashion-mnist.yaml`.

      """
    for (name, section) in Configuration().sections {
      text += "\n## \(name)\n\n" + wrapped(type(of: section).summary) + "\n"
      for (key, declaration) in section.keys {
        text += wrapped(
          "- `\(name).\(key)`: \(declaration.description) \(declaration.choices)", hanging: "  ")
      }
    }
    return text
  }

  /// The values as YAML nodes.
  var node: Node {
    Node(
      sections.map { name, section in
        (Node(name), Node(section.keys.map { (Node($0.name), $0.key.node) }))
      })
  }
}

extension AnyKey {
  /// The values that the key takes, and its default.
  fileprivate var choices: String { "Values: \(range). Default: \(defaultText)." }
}

/// Breaks `text` into lines of at most 100 columns, each ending with a line feed.
///
/// - Parameters:
///   - prefix: Begins each line.
///   - hanging: Begins each line but the first, behind the prefix.
private func wrapped(_ text: String, prefix: String = "", hanging: String = "") -> String {
  var lines: [String] = []
  var line = prefix
  var isFull = false
  for word in text.split(whereSeparator: \.isWhitespace) {
    if isFull, line.count + 1 + word.count > 100 {
      lines.append(line)
      (line, isFull) = (prefix + hanging, false)
    }
    line += (isFull ? " " : "") + word
    isFull = true
  }
  return (lines + [line]).map { $0 + "\n" }.joined()
}
