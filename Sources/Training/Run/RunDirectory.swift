import Cluster
import Configuration
import Files
import Foundation

/// A run's folder that cannot be used, as a sentence.
package struct RunDirectoryError: HasExitStatus, Equatable, CustomStringConvertible {
  /// The sentence: what was found, and what to do.
  package let description: String
  /// The status of wrong input, unless something else was to blame, such as a disk that became
  /// full.
  package let exitStatus: Int32

  package init(_ description: String, exitStatus: Int32 = JobFailure.inputStatus) {
    self.description = description
    self.exitStatus = exitStatus
  }
}

/// The folder of a run: `configuration.yaml`, `metrics.jsonl`, `best.safetensors` and
/// `checkpoints/`. Rank 0 alone uses it.
///
/// `metrics.jsonl` is an observer's to write, but tells whether the folder holds a run.
package struct RunDirectory: Sendable {
  package private(set) var path: String
  /// Whether the path is a name that nobody asked for, of a folder that does not exist.
  private let isNewName: Bool
  private let configuration: Configuration
  private let options: TrainingOptions
  private let data: TrainingData
  private var checkpoints: CheckpointDirectory { CheckpointDirectory(path + "/checkpoints") }

  /// Finds the folder, or chooses one that does not exist. Nothing is written before `open`.
  ///
  /// - Throws: `RunDirectoryError` if it holds a run and `options` do not ask to resume it.
  package init(
    _ configuration: Configuration, _ options: TrainingOptions, _ data: TrainingData, name: String
  ) throws {
    self.configuration = configuration
    self.options = options
    self.data = data
    let newest = options.resumes ? Self.newestRun(name: name) : nil
    path = options.output ?? newest ?? Self.newPath(name: name)
    isNewName = options.output == nil && newest == nil
    if !options.resumes, !isNewName, FileManager.default.fileExists(atPath: metricsPath) {
      throw RunDirectoryError(
        "\(path) holds a run already; continue it with --resume, or name another --output")
    }
  }

  /// The path of `metrics.jsonl`.
  package var metricsPath: String { Self.metricsPath(in: path) }

  /// The path of `metrics.jsonl` in the folder of a run.
  package static func metricsPath(in folder: String) -> String { folder + "/metrics.jsonl" }

  /// Whether a folder holds the beginning of a run, which can be resumed.
  package static func holdsRun(_ folder: String) -> Bool {
    [metricsPath(in: folder), folder + "/checkpoints"].contains {
      FileManager.default.fileExists(atPath: $0)
    }
  }

  /// Makes the folder, takes it for this process, and writes the configuration into it.
  ///
  /// A folder that is named for the time gets the next name where another run took it first.
  ///
  /// - Returns: what keeps other processes from writing to the folder, as long as it is there.
  /// - Throws: `RunDirectoryError` if it cannot be written, or another process writes to it.
  package mutating func open() throws -> FolderLock {
    if isNewName {
      try Self.make(Self.parent)
      let name = path
      var number = 1
      while try !Self.makeNew(path) {
        number += 1
        path = "\(name)-\(number)"
      }
    }
    try Self.make(path + "/checkpoints")
    guard let lock = FolderLock(path) else {
      throw RunDirectoryError(
        "another process is writing to \(path); wait for it, or \(Self.advice)")
    }
    do {
      try Data(configuration.commentedYAML.utf8).write(
        to: URL(filePath: path + "/configuration.yaml"), options: .atomic)
    } catch {
      throw RunDirectoryError(
        "cannot write to the run's folder \(path): \(systemReason(error)); \(Self.advice)")
    }
    return lock
  }

  /// Makes a folder and those that it is in, as far as they do not exist.
  ///
  /// - Throws: `RunDirectoryError`.
  package static func make(_ path: String) throws {
    var parent = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      parent += part + "/"
      guard try !makeNew(parent), !isFolder(parent) else { continue }
      throw failure(parent, EEXIST)
    }
  }

  /// Makes a folder, and returns false if there is something of the name.
  private static func makeNew(_ path: String) throws -> Bool {
    guard mkdir(path, 0o777) != 0 else { return true }
    guard errno != EEXIST else { return false }
    throw failure(path, errno)
  }

  private static func failure(_ path: String, _ code: Int32) -> RunDirectoryError {
    RunDirectoryError("cannot make the folder \(path): \(systemReason(code)); \(advice)")
  }

  /// The folder of the runs that nobody named one for.
  private static let parent = "runs"
  private static let advice = "name another folder with --output"

  /// The newest checkpoint that is whole, if there is one.
  ///
  /// - Parameter passOver: called with the reason for each newer one that is not.
  /// - Throws: `RunDirectoryError` if it is of another run, or of one that is longer than the
  ///   configuration's; `FileError` if the folder cannot be read.
  package func newestCheckpoint(
    passOver: (FileError) -> Void = { _ in }
  ) throws -> TrainingCheckpoint? {
    for candidate in try checkpoints.list().reversed() {
      do {
        let checkpoint = try TrainingCheckpoint(candidate.path)
        try checkpoint.requireSameRun(configuration, options, data)
        let last = configuration.train.epochs * data.sampler.stepsPerEpoch
        guard checkpoint.step <= last else {
          throw RunDirectoryError(
            "\(path) holds a run of \(checkpoint.step) steps, and the configuration ends with "
              + "step \(last); raise train.epochs, or name another folder with --output")
        }
        return checkpoint
      } catch let error as FileError { passOver(error) }
    }
    return nil
  }

  /// Sets the state that the run starts from: that of the newest checkpoint that is whole if it
  /// resumes, otherwise parameters from a file or from the seed.
  ///
  /// - Parameter progress: called now and then; an error that it throws ends the work.
  /// - Throws: `RunDirectoryError` or `FileError`, or what `progress` throws.
  package func initialize(
    _ state: inout TrainingState, _ console: Console, progress: () throws -> Void
  ) throws {
    if options.resumes {
      let newest = try newestCheckpoint { console.warning("passing over a checkpoint: \($0)") }
      if let checkpoint = newest {
        let arithmetic = TrainingCheckpoint.arithmetic(configuration.train.precision)
        if checkpoint.arithmetic != arithmetic {
          console.warning(
            """
            \(checkpoints.path(step: checkpoint.step)) was written with \
            \(checkpoint.arithmetic), and this is \(arithmetic): the last bits of the results may differ
            """)
        }
        try checkpoint.load(into: &state)
        return console.info("resuming \(path) after step \(checkpoint.step)")
      }
      console.warning(
        "there is no checkpoint in \(path) to resume from; starting from the beginning")
    }
    if let file = options.initialParameters {
      try state.parameters.load(from: file)
    } else {
      try state.parameters.initialize(
        seed: configuration.train.seed, as: configuration.model.initializer, progress: progress)
    }
    state.ema?.whole.copy(from: state.parameters.whole)
  }

  /// Writes a checkpoint of the state, also as the best one if it is, and removes old ones.
  ///
  /// The best one comes first: a run that ends between the two resumes from an earlier step, and
  /// writes both again. The other way round it would resume after this step, and never write the
  /// best one.
  ///
  /// - Throws: `FileError`.
  package func write(_ state: TrainingState, isBest: Bool) throws {
    let paths =
      (isBest ? [path + "/best.safetensors"] : []) + [checkpoints.path(step: state.step)]
    for path in paths {
      try TrainingCheckpoint.write(state, configuration, options, data, to: path)
    }
    try checkpoints.removeAll(butNewest: configuration.checkpoint.keep)
  }

  /// The newest run of a name that has a checkpoint.
  private static func newestRun(name: String) -> String? {
    let existing = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
    let runs = existing.filter { entry in
      entry.hasPrefix(name + "-")
        && entry.dropFirst(name.count + 1).wholeMatch(of: /\d{8}-\d{6}(-\d+)?/) != nil
        && (try? CheckpointDirectory("\(parent)/\(entry)/checkpoints").newest()) != nil
    }
    return runs.max().map { "\(parent)/\($0)" }
  }

  /// `runs/NAME-DATE-TIME`.
  private static func newPath(name: String) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyyMMdd-HHmmss"
    return "\(parent)/\(name)-\(formatter.string(from: Date()))"
  }

  private static func isFolder(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      && isDirectory.boolValue
  }
}
