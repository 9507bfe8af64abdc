import Cluster
import Configuration
import Datasets
import Files
import Foundation
import Reports
import Training

/// The command line of `lockstep compare`: the configurations that it trains, and the folder that
/// it writes to.
package struct ComparisonOptions: Codable, Equatable, Sendable {
  /// The YAML files of the configurations, each of one or of several variants.
  package var files: [String] = []
  /// Settings `key.path=value` for all of them.
  package var settings: [String] = []
  /// The number of times that each is trained, from its `train.seed` on.
  package var seeds = 1
  /// The folder for everything; one named for the configurations if nil.
  package var output: String?

  /// A comparison of nothing yet.
  package init() {}
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
    guard options.seeds >= 1, options.seeds <= 1000 else {
      throw ConfigurationError("--seeds is \(options.seeds); expected from 1 to 1000")
    }
    let entries = try Self.entries(options)
    guard entries.count >= 2 else {
      throw ConfigurationError(
        "\(options.files.joined(separator: ", ")) holds one configuration, and there is no other to "
          + "compare it with; name two files, or one with variants, as configs/lstm-vs-bilstm.yaml")
    }
    for entry in entries { try entry.requireComparable(to: entries[0]) }
    for (index, entry) in entries.enumerated() {
      guard let same = entries[..<index].first(where: { $0.configuration == entry.configuration })
      else { continue }
      throw ConfigurationError(
        "\(same.name) in \(same.file) and \(entry.name) in \(entry.file) are the same: every key has "
          + "the same value in both, and so would their results; leave one of them out")
    }
    let seed = entries[0].configuration.train.seed
    guard seed <= UInt64.max - UInt64(options.seeds - 1) else {
      throw ConfigurationError(
        "train.seed is \(seed), and --seeds \(options.seeds) counts on from it past the largest number"
      )
    }
    self.entries = entries
    seeds = (0..<UInt64(options.seeds)).map { seed + $0 }
    folder =
      options.output
      ?? "runs/"
      + ComparisonNames.unique(options.files.map(ComparisonNames.baseName))
      .joined(separator: "-versus-")
  }

  /// The configurations of the files, in their order.
  private static func entries(
    _ options: ComparisonOptions
  ) throws(ConfigurationError) -> [Entry] {
    var entries: [Entry] = []
    for path in options.files {
      let file = try ConfigurationFile(path: path)
      for variant in file.variants.isEmpty ? [nil] : file.variants.map(Optional.some) {
        entries.append(
          Entry(
            name: variant ?? ComparisonNames.baseName(path), file: path,
            configuration: try file.configuration(
              variant: variant, settings: options.settings.map { TypedSetting($0) })))
      }
    }
    return zip(entries, ComparisonNames.unique(entries.map(\.name))).map { entry, name in
      Entry(name: name, file: entry.file, configuration: entry.configuration)
    }
  }

  /// The folder of a run, below that of the comparison.
  func folder(_ entry: Entry, seed: UInt64) -> String { "\(entry.name)/seed-\(seed)" }

  /// The part of the data set that is evaluated after each epoch, and compared.
  var evaluatedSet: DatasetPart { entries[0].configuration.evaluatedSet }

  /// Finds out on all ranks what would otherwise end the comparison when some runs are done: data
  /// that cannot be read or do not fit the configuration, too few shards, other test samples,
  /// folders that hold other runs or cannot be made, or ranks that were started differently.
  func check(_ group: ProcessGroup, _ options: ComparisonOptions) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let digest = try group.locally {
      try SHA256Digest(
        of: Array(encoder.encode(options) + encoder.encode(entries.map(\.configuration))))
    }
    try group.agree(on: [
      Agreement(
        name: "comparison", advice: "start all ranks with the same files and options",
        digest: digest)
    ])
    try group.onRoot { try RunDirectory.requireNoRun(in: folder) }
    var first: SHA256Digest?
    for entry in entries {
      try JobFailure.naming(entry.name) {
        let data = try group.collectively { try TrainingData(group, entry.configuration) }
        try group.onRoot {
          let labels = data.evaluated?.digests.labels
          first = first ?? labels
          guard labels == first else {
            throw ConfigurationError(
              "the \(evaluatedSet) labels in \(entry.configuration.data.directory) are not those in "
                + "\(entries[0].configuration.data.directory); accuracies can only be compared on the same "
                + "\(evaluatedSet) set")
          }
          for seed in seeds { try checkFolder(entry, seed, data) }
        }
      }
    }
    try group.onRoot { try RunDirectory.make(folder) }
  }

  /// Checks that the folder of a run holds a part of it, if anything.
  private func checkFolder(_ entry: Entry, _ seed: UInt64, _ data: TrainingData) throws {
    var configuration = entry.configuration
    configuration.train.seed = seed
    var options = TrainingOptions()
    options.output = "\(folder)/\(folder(entry, seed: seed))"
    options.resume = .ifAny
    _ = try RunDirectory(configuration, options, data, name: entry.name).newestCheckpoint()
  }
}

extension ComparisonPlan.Entry {
  /// - Throws: `ConfigurationError` if the accuracies of the two would not be of the same kind.
  fileprivate func requireComparable(to first: Self) throws(ConfigurationError) {
    let (mine, other) = (configuration, first.configuration)
    func differing(_ key: String, _ value: (Configuration) -> some CustomStringConvertible)
      -> String
    {
      "\(key) is \(value(mine)) in \(name) and \(value(other)) in \(first.name)"
    }
    guard mine.data.classes == other.data.classes else {
      throw ConfigurationError(
        differing("data.classes", \.data.classes)
          + "; accuracies can only be compared for the same classes")
    }
    guard mine.data.validation == other.data.validation else {
      throw ConfigurationError(
        differing("data.validation", \.data.validation)
          + "; accuracies can only be compared on the same samples, so set one for all, as with "
          + "--set data.validation=\(other.data.validation)")
    }
    guard mine.train.seed == other.train.seed else {
      throw ConfigurationError(
        differing("train.seed", \.train.seed)
          + "; all are trained with the same seeds, so set one for all, as with "
          + "--set train.seed=\(other.train.seed)")
    }
  }
}

/// The names of configurations.
package enum ComparisonNames {
  /// The name of a file without its folder and its ending.
  package static func baseName(_ file: String) -> String {
    URL(filePath: file).deletingPathExtension().lastPathComponent
  }

  /// Some names, each made unique by a number, since they are folders' names, too.
  package static func unique(_ names: [String]) -> [String] {
    var taken: Set<String> = ["", ComparisonReport.pageName, ComparisonReport.figuresName]
    return names.map { base in
      let name =
        taken.contains(base)
        ? (2...).lazy.map { "\(base)-\($0)" }.first { !taken.contains($0) } ?? base : base
      taken.insert(name)
      return name
    }
  }
}
