import Foundation
import Shards
import Tensors

/// What `lockstep compare` trains, and where it writes that.
public struct ComparisonOptions: Codable, Equatable, Sendable {
  /// The YAML files of the configurations.
  public var files: [String] = []
  /// Settings `key.path=value` for all of them.
  public var settings: [String] = []
  /// How often each is trained, from its `train.seed` on.
  public var seeds = 1
  /// The folder for everything; one named for the configurations if nil.
  public var output: String?

  /// A comparison of nothing yet.
  public init() {}
}

/// The configurations that are compared, checked as far as that is possible before any is trained.
struct ComparisonPlan {
  /// A configuration.
  struct Entry {
    let name: String
    let file: String
    let configuration: Configuration
  }
  let entries: [Entry]
  let seeds: [UInt64]
  let folder: String

  /// Reads the configurations.
  ///
  /// - Throws: `ConfigurationError` if one cannot be read, or they cannot be compared.
  init(_ options: ComparisonOptions) throws(ConfigurationError) {
    guard options.files.count >= 2 else {
      throw ConfigurationError(
        "\(options.files.count) configurations to compare; name at least two YAML files")
    }
    guard options.seeds >= 1, options.seeds <= 1000 else {
      throw ConfigurationError("--seeds is \(options.seeds); expected 1 to 1000")
    }
    var entries: [Entry] = []
    for (file, name) in zip(options.files, ComparisonNames.of(options.files)) {
      let configuration = try Configuration(file: file, settings: options.settings)
      let first = entries.first?.configuration ?? configuration
      guard configuration.data.classes == first.data.classes else {
        throw ConfigurationError(
          "data.classes is \(configuration.data.classes) in \(file) and \(first.data.classes) in "
            + "\(options.files[0]); accuracies can only be compared for the same classes")
      }
      guard configuration.train.seed == first.train.seed else {
        throw ConfigurationError(
          "train.seed is \(configuration.train.seed) in \(file) and \(first.train.seed) in "
            + "\(options.files[0]); all are trained with the same seeds, so set one for all, as with "
            + "--set train.seed=\(first.train.seed)")
      }
      entries.append(Entry(name: name, file: file, configuration: configuration))
    }
    let seed = entries[0].configuration.train.seed
    guard seed <= UInt64.max - UInt64(options.seeds - 1) else {
      throw ConfigurationError(
        "train.seed is \(seed), and --seeds \(options.seeds) counts on from it past the largest number"
      )
    }
    self.entries = entries
    seeds = (0..<UInt64(options.seeds)).map { seed + $0 }
    folder = options.output ?? "runs/" + entries.map(\.name).joined(separator: "-versus-")
  }

  /// The folder of a run, below that of the comparison.
  func folder(_ entry: Entry, seed: UInt64) -> String { "\(entry.name)/seed-\(seed)" }

  /// Finds out on all ranks what would otherwise end the comparison when some runs are done: too few
  /// shards, other test images, or ranks that were started differently.
  func check(_ team: Team, _ options: ComparisonOptions) throws {
    try team.together {
      for entry in entries {
        _ = try ShardLayout.shards(
          ofRank: team.rank, worldSize: team.size, shardCount: entry.configuration.data.shards)
      }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let digest = try SHA256Digest(
      of: Array(encoder.encode(options) + encoder.encode(entries.map(\.configuration))))
    try team.agree(on: [
      Agreement(
        name: "comparison", advice: "start all ranks with the same files and options",
        digest: digest)
    ])
    try team.onRoot(checkTestSets)
  }

  private func checkTestSets() throws {
    var digests: [String: SHA256Digest] = [:]
    let first = entries[0]
    for data in entries.map(\.configuration.data) where digests[data.directory] == nil {
      let test = try ShardedDataset(
        directory: data.directory, split: .test, classes: data.classes.count)
      digests[data.directory] = test.labelDigest
      guard test.labelDigest == digests[first.configuration.data.directory] else {
        throw ConfigurationError(
          "the test labels in \(data.directory) are not those in "
            + "\(first.configuration.data.directory); accuracies can only be compared on the same test set"
        )
      }
    }
  }
}

/// What configurations are called.
package enum ComparisonNames {
  /// The base names of some files, each made unique by a number, since they are folders' names, too.
  package static func of(_ files: [String]) -> [String] {
    var taken: Set<String> = ["", ComparisonOutput.pageName, ComparisonOutput.figuresName]
    return files.map { file in
      let base = URL(filePath: file).deletingPathExtension().lastPathComponent
      let name =
        taken.contains(base)
        ? (2...).lazy.map { "\(base)-\($0)" }.first { !taken.contains($0) } ?? base : base
      taken.insert(name)
      return name
    }
  }
}
