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

/// The run that a folder holds: its settings, which need not be said again to continue it, and on
/// rank 0 its newest checkpoint.
package struct ResumedRun: Codable {
  private enum CodingKeys: CodingKey { case folder, yaml, source, shuffles }

  /// The run's folder.
  package let folder: String
  /// The text of its configuration and where that stands: in its `configuration.yaml` or else its
  /// checkpoint; nil where there is neither.
  private let yaml, source: String?
  /// True if each epoch has an order of its own; nil where there is no checkpoint.
  package let shuffles: Bool?
  /// The folder's lock and its checkpoint, until the run takes them.
  private let opened = Opened()

  private final class Opened {
    var lock: FolderLock?
    var checkpoint: TrainingCheckpoint?
  }

  /// Finds the run that `options` ask to continue, in their folder or else in the newest one that
  /// is named for `name`, and takes the folder for this process; nil if they ask for none, or there
  /// is none and they allow that.
  ///
  /// - Throws: `RunDirectoryError` if there is no run to continue, none of its checkpoints is whole,
  ///   or another process writes to its folder; `FileError` or `ConfigurationError` if its folder
  ///   cannot be read.
  private init?(_ group: ProcessGroup, _ options: TrainingOptions, name: String?) throws {
    guard options.resume != .never else { return nil }
    guard let path = try Self.path(options, name: name) else {
      if options.resume == .ifAny { return nil }
      throw RunDirectoryError(
        "there is no run to continue"
          + (name.map { ": no runs/\($0)-DATE-TIME has a checkpoint" } ?? "")
          + "; name the folder of one with --output")
    }
    let folder = RunFolder(path: path)
    // Before anything is read: whoever writes there may be about to write the next checkpoint.
    opened.lock = try folder.lock()
    let checkpoint = try folder.checkpoint(
      for: options.resume, isCancelled: group.stallDetector.isInterrupted
    ) { group.console.warning("passing over a checkpoint: \($0)") }
    guard try checkpoint != nil || folder.holdsRun() else { return nil }
    self.folder = path
    opened.checkpoint = checkpoint
    shuffles = checkpoint?.isShuffled
    if let text = try folder.configurationText() {
      (yaml, source) = (text, folder.configurationPath)
    } else {
      yaml = try checkpoint?.configuration.yaml
      source = checkpoint?.file.path
    }
  }

  private static func path(
    _ options: TrainingOptions, name: String?
  ) throws(FileError) -> String? {
    if let output = options.output { return output }
    guard let name else { return nil }
    return try RunDirectory.newestPath(name: name)
  }

  /// The run's configuration, as its folder has it; nil where the folder has none.
  ///
  /// - Throws: `ConfigurationError` if somebody damaged it.
  package func configuration() throws(ConfigurationError) -> Configuration? {
    guard let yaml, let source else { return nil }
    return try Configuration(yaml: yaml, source: source)
  }

  /// The configuration in the folder of the run that `options` ask to continue, if it can be read,
  /// without a look at its checkpoints.
  ///
  /// - Throws: `ConfigurationError` if somebody damaged it.
  package static func storedConfiguration(
    _ options: TrainingOptions, name: String?
  ) throws(ConfigurationError) -> Configuration? {
    guard options.resume != .never, let path = try? path(options, name: name) else { return nil }
    let folder = RunFolder(path: path)
    guard let text = try? folder.configurationText() else { return nil }
    return try Configuration(yaml: text, source: folder.configurationPath)
  }

  /// Gives away the folder's lock and its checkpoint, which is open, and was compared with its
  /// digest. Rank 0 alone has them, once.
  func take() -> (lock: FolderLock?, checkpoint: TrainingCheckpoint?) {
    defer { (opened.lock, opened.checkpoint) = (nil, nil) }
    return (opened.lock, opened.checkpoint)
  }

  /// Finds the run on rank 0, which alone has its folder, and tells all ranks.
  ///
  /// - Throws: `JobFailure` or `RankFailure`.
  package static func find(
    _ group: ProcessGroup, _ options: TrainingOptions, name: String?
  ) throws -> ResumedRun? {
    if options.resume == .never { return nil }
    var run: ResumedRun?
    var message: [UInt8] = []
    try group.onRoot {
      run = try ResumedRun(group, options, name: name)
      message = try run.map { Array(try JSONEncoder().encode($0)) } ?? []
    }
    return try group.locally {
      try group.world.broadcast(&message, root: 0)
      if group.isRoot { return run }
      return message.isEmpty
        ? nil : try JSONDecoder().decode(ResumedRun.self, from: Data(message))
    }
  }
}
