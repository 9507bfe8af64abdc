import Cluster
import Configuration
import Files
import Foundation

/// The choice whether a run goes on from the newest checkpoint in its folder.
package enum Resume: String, Codable, Sendable {
  /// It begins, in a folder that holds no run.
  case never
  /// It goes on: the folder must hold a checkpoint.
  case always
  /// It goes on if the folder holds a checkpoint, and otherwise begins.
  case ifAny
}

/// The settings of the run that a folder holds: what need not be said again to continue it.
package struct ResumedRun: Codable, Sendable {
  /// The run's folder.
  package let folder: String
  /// The text of its `configuration.yaml`; nil where there is none.
  private let yaml: String?
  /// Whether each epoch has an order of its own; nil where there is no checkpoint.
  package let shuffles: Bool?

  /// Finds the run that `options` ask to continue, in their folder or else in the newest one that
  /// is named for `name`; nil if they ask for none, or there is none and they allow that.
  ///
  /// - Throws: `RunDirectoryError` if there is no run to continue, or none of its checkpoints is
  ///   whole; `FileError` or `ConfigurationError` if its folder cannot be read.
  package init?(_ options: TrainingOptions, name: String?) throws {
    guard options.resume != .never else { return nil }
    guard let path = options.output ?? name.flatMap(RunDirectory.newestPath) else {
      if options.resume == .ifAny { return nil }
      throw RunDirectoryError(
        "there is no run to continue"
          + (name.map { ": no runs/\($0)-DATE-TIME has a checkpoint" } ?? "")
          + "; name the folder of one with --output")
    }
    let folder = RunFolder(path: path)
    let checkpoint = try folder.checkpoint(for: options.resume)
    guard try checkpoint != nil || folder.holdsRun() else { return nil }
    self.folder = path
    shuffles = checkpoint?.isShuffled
    yaml = try folder.configurationText()
  }

  /// The run's configuration, as its folder has it; nil where the folder has none.
  ///
  /// - Throws: `ConfigurationError` if somebody damaged it.
  package func configuration() throws(ConfigurationError) -> Configuration? {
    guard let yaml else { return nil }
    return try Configuration(yaml: yaml, source: RunFolder(path: folder).configurationPath)
  }

  /// Finds the run on rank 0, which alone has its folder, and tells all ranks.
  ///
  /// - Throws: `JobFailure` or `RankFailure`.
  package static func find(
    _ group: ProcessGroup, _ options: TrainingOptions, name: String?
  ) throws -> ResumedRun? {
    if options.resume == .never { return nil }
    var message: [UInt8] = []
    try group.onRoot {
      let run = try ResumedRun(options, name: name)
      message = try run.map { Array(try JSONEncoder().encode($0)) } ?? []
    }
    return try group.locally {
      try group.world.broadcast(&message, root: 0)
      return message.isEmpty
        ? nil : try JSONDecoder().decode(ResumedRun.self, from: Data(message))
    }
  }
}
