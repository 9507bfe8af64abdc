import Cluster
import Configuration
import Files
import Foundation

// A trial of a run's folder before there is a run.

extension RunDirectory {
  /// The size up to which a checkpoint is written for trial, in bytes: more would take long.
  private static let largestTrial = 1 << 30

  /// Reads the state that a run begins with, writes a checkpoint of it into the run's folder unless
  /// it is large, and removes all that it made.
  ///
  /// - Parameter passOver: called with the reason for each checkpoint that a run would pass over.
  /// - Returns: the size of a checkpoint, in bytes.
  /// - Throws: what `initialize`, `open` and `write` throw.
  package func rehearse(
    _ group: ProcessGroup, passOver: (_ reason: String) -> Void
  ) throws -> Int {
    let isInterrupted = group.stallDetector.isInterrupted
    var state = try TrainingState(data.layout, configuration)
    let newest = try newestCheckpoint(isCancelled: isInterrupted, passOver: passOver)
    if let newest {
      try newest.load(into: &state, isCancelled: isInterrupted)
    } else {
      _ = try loadInitialParameters(into: state.parameters, isInterrupted)
    }
    let byteCount = 4 * data.layout.parameterCount * state.buffers.count
    return try Self.rehearse(in: path, advice: advice) {
      guard byteCount <= Self.largestTrial else { return byteCount }
      let file = path + "/checkpoints/rehearsal.safetensors"
      defer { unlink(file) }
      try TrainingCheckpoint.write(state, configuration, options, data, to: file)
      return try InputFile(path: file).byteCount
    }
  }

  /// Checks that `open` could make and write the run's folder: makes what is missing of it, and removes
  /// that again.
  ///
  /// - Throws: `RunDirectoryError`.
  func requireOpenable() throws { try Self.rehearse(in: path, advice: advice) {} }

  /// Makes the folder of a run, calls `body`, and removes the folders that it made.
  ///
  /// - Throws: `RunDirectoryError`, and what `body` throws.
  package static func rehearse<Result>(
    in path: String, advice: String? = advice, _ body: () throws -> Result
  ) throws -> Result {
    var made: [String] = []
    defer { for folder in made.reversed() { rmdir(folder) } }
    var parent = path.hasPrefix("/") ? "/" : ""
    for part in (path + "/checkpoints").split(separator: "/") {
      parent += part + "/"
      if !RunFolder.isFolder(parent) { made.append(parent) }
    }
    try make(path + "/checkpoints", advice: advice)
    try requireWritable(path, advice: advice)
    return try body()
  }
}
