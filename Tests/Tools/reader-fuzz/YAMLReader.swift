import Configuration
import Foundation

/// Configurations: YAML files, and texts of `--set`.
struct YAMLReader: FuzzedReader {
  /// Keys of many sections, with values beside the defaults.
  static let seed = """
    # A comment, with "quotes" and *stars*
    data: {directory: /tmp/a b, shards: 3, classes: [a, "b: c", 'd', "1", ~]}
    model:
      hidden: 16
      layers: 1
    train:
      epochs: 2   # and another
      batch: 64
      seed: 18446744073709551615
      threads: auto
      verifyEvery: 10
    optimizer: {learningRate: 1e-2, beta1: 0.5, beta2: .75, epsilon: 1e-9}
    reduction:
      order: "native"
    evaluation: {ranks: all}
    log:
      every: 0x10
    variants: {a: {model: {hidden: 3}}, b-2: }

    """

  let seeds: [[UInt8]]

  init(folder: String) throws {
    seeds = [
      Array(Self.seed.utf8), Array(try Configuration().yaml.utf8), Array("---\n{}\n".utf8),
    ]
  }

  mutating func makeInput(_ random: inout InputGenerator) -> [UInt8] {
    mutatedYAML(random.pick(seeds[..<2]), &random)
      ?? Array(random.pick(["", "\u{FEFF}", "---", "...", "--- a\n--- b", "[]", "*a"]).utf8)
  }

  func read(_ path: String, _ random: inout InputGenerator) throws {
    try check(
      random.once(in: 3)
        ? Configuration(yaml: "", source: "file", settings: settings(path, &random))
        : first(path))
  }

  func readSeed(_ path: String) throws { try check(first(path)) }

  /// The first configuration of the file, or the only one.
  private func first(_ path: String) throws -> Configuration {
    let file = try ConfigurationFile(path: path)
    return try file.configuration(variant: file.variants.first)
  }

  /// Checks that a configuration survives being written out.
  private func check(_ configuration: Configuration) throws {
    for text in [try configuration.yaml, try configuration.commentedYAML] {
      guard try Configuration(yaml: text, source: "resolved form") == configuration else {
        throw BrokenPromise("the resolved form reads back as another configuration")
      }
    }
  }

  /// The file's lines as values of keys that exist, and sometimes whole.
  private func settings(_ path: String, _ random: inout InputGenerator) throws -> [String] {
    let text = String(
      decoding: try Data(contentsOf: URL(filePath: path)).prefix(100_000), as: UTF8.self)
    if random.once(in: 4) { return [text] }
    let keys = [
      "train.batch", "train.seed", "train.threads", "data.classes", "data.directory", "data.shards",
      "model.hidden", "optimizer.epsilon", "reduction.wire", "train", "", "log.every.x",
    ]
    if random.once(in: 4) { return ["\(random.pick(keys))=\(text)"] }
    let lines = text.split(separator: "\n").map { $0.drop { $0 != ":" }.dropFirst() }
    return (0..<3).map { _ in
      "\(random.pick(keys))=\(lines.isEmpty ? "" : random.pick(lines))"
    }
  }

  static func isRefusal(_ error: any Error) -> Bool { error is ConfigurationError }
}
