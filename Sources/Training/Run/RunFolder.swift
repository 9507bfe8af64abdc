import Configuration
import Files
import Foundation

/// The files of a run's folder, as they are found: `configuration.yaml`, `metrics.jsonl`,
/// `best.safetensors` and `checkpoints/`.
struct RunFolder: Sendable {
  let path: String

  var configurationPath: String { path + "/configuration.yaml" }
  /// An observer's to write, but it tells whether the folder holds a run.
  var metricsPath: String { path + "/metrics.jsonl" }
  var bestPath: String { path + "/best.safetensors" }
  var checkpoints: CheckpointDirectory { CheckpointDirectory(path + "/checkpoints") }

  /// Tells whether the folder holds a run, or the beginning of one.
  ///
  /// - Throws: `FileError` if the folder cannot be read.
  func holdsRun() throws(FileError) -> Bool {
    if [configurationPath, metricsPath, bestPath].contains(where: Self.exists) { return true }
    return try checkpoints.newest() != nil
  }

  /// The text of `configuration.yaml`; nil if there is none.
  ///
  /// - Throws: `ConfigurationError` if it cannot be read.
  func configurationText() throws(ConfigurationError) -> String? {
    Self.exists(configurationPath) ? try ConfigurationFile.text(of: configurationPath) : nil
  }

  /// The checkpoint that a run goes on from: the newest that is whole, `best.safetensors` among
  /// them; nil if the run begins.
  ///
  /// - Parameters:
  ///   - isCancelled: asked before each piece of a file; true ends the reading with an error of the
  ///     kind `cancelled`.
  ///   - passOver: called with the reason for each newer one that is not whole, or another program's.
  /// - Throws: `RunDirectoryError` if the folder holds checkpoints and none is whole, or none and
  ///   `resume` asks for one; `FileError` if the folder cannot be read.
  func checkpoint(
    for resume: Resume, isCancelled: () -> Bool = { false },
    passOver: (_ reason: String) -> Void = { _ in }
  ) throws -> TrainingCheckpoint? {
    if resume == .never { return nil }
    var paths = try checkpoints.list().reversed().map(\.path)
    // A run that ended before it wrote the same under the other name left this one alone.
    if Self.exists(bestPath) { paths.append(bestPath) }
    var newest: FileError?
    for path in paths {
      do {
        return try TrainingCheckpoint(path, isCancelled: isCancelled)
      } catch let error as FileError where error.kind != .cancelled {
        passOver("\(error.path): \(error.finding)")
        newest = newest ?? error
      }
    }
    if let newest {
      throw RunDirectoryError(
        "\(path) holds \(counted(paths.count, "checkpoint")), and none that can be continued: the "
          + "newest is \(newest.path): \(newest.finding); put a whole one of the run there, or start "
          + "a new run in another --output")
    }
    if resume == .ifAny { return nil }
    throw RunDirectoryError(
      try holdsRun()
        ? "\(path) holds a run that ended before its first checkpoint, so there is nothing to "
          + "continue; begin it again with --resume=if-any"
        : "there is no run in \(path) to continue; name the folder of one with --output, or start "
          + "one without --resume")
  }

  /// Takes the folder for this process, if it is there.
  ///
  /// - Parameter advice: what to do besides waiting, if anything.
  /// - Returns: what keeps other processes from writing to the folder, as long as it is there; nil
  ///   if there is no folder.
  /// - Throws: `RunDirectoryError` if another process has it.
  func lock(advice: String? = nil) throws(RunDirectoryError) -> FolderLock? {
    guard Self.isFolder(path) else { return nil }
    if let lock = FolderLock(path) { return lock }
    throw RunDirectoryError(
      "another process is writing to \(path); wait for it" + (advice.map { ", or \($0)" } ?? ""))
  }

  /// Tells whether there is a file, and no folder, at `path`.
  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path) && !isFolder(path)
  }

  /// Tells whether there is a folder at `path`.
  static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }
}
