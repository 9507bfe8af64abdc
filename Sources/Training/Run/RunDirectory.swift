import Cluster
import Configuration
import Files
import Foundation
import Networks

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

  /// The error of a folder that the system refused, by its `errno`.
  fileprivate init(cannot operation: String, _ path: String, _ code: Int32, advice: String?) {
    let status = FileError.exitStatus(ofWrite: code)
    // Another folder may be on the same disk, and what ails it is not wrong input.
    let advice = status == JobFailure.inputStatus ? advice : nil
    self.init(
      "cannot \(operation) \(path): \(systemReason(code)); "
        + (advice ?? FileError.advice(.cannotWrite, code: code)), exitStatus: status)
  }
}

/// The folder that a run is written to. Rank 0 alone uses it.
package struct RunDirectory: Sendable {
  package private(set) var path: String
  /// True if the path is a name that nobody asked for, of a folder that does not exist.
  private let isNewName: Bool
  let configuration: Configuration
  let options: TrainingOptions
  let data: TrainingData
  /// The lock that keeps other processes from writing to the folder; nil until there is one.
  private var lock: FolderLock?
  /// The checkpoint that the run goes on from, if it was found before and is still to be read.
  private var found: TrainingCheckpoint?
  private var folder: RunFolder { RunFolder(path: path) }

  /// Finds the folder, and takes it for this process, as long as this value or a copy is there; or
  /// chooses one that does not exist. Nothing is written before `open`.
  ///
  /// - Parameter resumed: what `ResumedRun.find` found.
  /// - Throws: `RunDirectoryError` if it holds a run and `options` do not ask to resume it, or if
  ///   another process writes to it; `FileError` if it cannot be read.
  package init(
    _ configuration: Configuration, _ options: TrainingOptions, _ data: TrainingData, name: String,
    resumed: ResumedRun? = nil
  ) throws {
    var configuration = configuration
    // What is written has to be true in other folders, too.
    configuration.data.directory = absolutePath(configuration.data.directory)
    self.configuration = configuration
    self.options = options
    self.data = data
    let existing =
      try options.output ?? (options.resume == .never ? nil : Self.newestPath(name: name))
    path = existing ?? Self.newPath(name: name)
    isNewName = existing == nil
    if isNewName { return }
    if let resumed { (lock, found) = resumed.take() }
    if lock == nil { lock = try folder.lock(advice: advice) }
    if options.resume == .never { try requireNoRun() }
  }

  private func requireNoRun() throws {
    guard try folder.holdsRun() else { return }
    throw RunDirectoryError(
      "\(path) holds a run already; continue it with --resume, or name another --output")
  }

  /// Checks that a folder that several runs are to have folders in is none of a run itself.
  ///
  /// - Throws: `RunDirectoryError` if it is, or `FileError` if it cannot be read.
  package static func requireNoRun(in path: String) throws {
    guard try RunFolder(path: path).holdsRun() else { return }
    throw RunDirectoryError("\(path) holds a run of lockstep train; \(advice)")
  }

  private var bestPath: String { path + "/best.safetensors" }

  /// The path of `metrics.jsonl`.
  package var metricsPath: String { Self.metricsPath(in: path) }

  /// The paths of `ranks.jsonl` and `trace.json`.
  package var ranksPath: String { path + "/ranks.jsonl" }
  package var tracePath: String { path + "/trace.json" }

  /// The path of `metrics.jsonl` in the folder of a run.
  package static func metricsPath(in folder: String) -> String { folder + "/metrics.jsonl" }

  /// Makes the folder, if it does not exist, and takes it for this process, and writes the
  /// configuration into it.
  ///
  /// A folder that is named for the time gets the next name where another run took it first.
  ///
  /// - Parameter state: the state that the run starts from.
  /// - Throws: `RunDirectoryError` if it cannot be made, or another process made it meanwhile;
  ///   `FileError` if the disk is full.
  package mutating func open(_ state: TrainingState) throws {
    if isNewName {
      try Self.make(Self.parent, advice: advice)
      let name = path
      var number = 1
      while try !Self.makeNew(path, advice: advice) {
        number += 1
        path = "\(name)-\(number)"
      }
    }
    try Self.make(path + "/checkpoints", advice: advice)
    if lock == nil {
      lock = try folder.lock(advice: advice)
      try requireNoRun()
    }
    try Self.requireWritable(path, advice: advice)
    for file in [bestPath, folder.configurationPath, metricsPath, ranksPath, tracePath] {
      AtomicFile.removeLeftovers(of: file)
    }
    try AtomicFile.replace(folder.configurationPath, with: configuration.commentedYAML)
    // A run that ended before it wrote the state of best.safetensors under the other name, too.
    let checkpoint = folder.checkpoints.path(step: state.step)
    if state.step > 0, !RunFolder.exists(checkpoint) {
      try TrainingCheckpoint.write(state, configuration, options, data, to: checkpoint)
    }
  }

  /// The advice for a folder that cannot be used; nil for that of a run that is continued, which has
  /// no other.
  var advice: String? { options.resume == .never ? Self.advice : nil }

  /// The folder of the runs that nobody named one for.
  private static let parent = "runs"
  package static let advice = "name another folder with --output"

  /// Checks that this process may write to a folder.
  ///
  /// - Throws: `RunDirectoryError`.
  static func requireWritable(_ path: String, advice: String?) throws {
    guard access(path, W_OK) == 0 else {
      throw RunDirectoryError(cannot: "write to the folder", path, errno, advice: advice)
    }
  }

  /// Makes a folder and those that it is in, as far as they do not exist.
  ///
  /// - Throws: `RunDirectoryError`.
  package static func make(_ path: String, advice: String? = advice) throws {
    var parent = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      parent += part + "/"
      guard try !makeNew(parent, advice: advice), !RunFolder.isFolder(parent) else { continue }
      throw RunDirectoryError(cannot: "make the folder", parent, EEXIST, advice: advice)
    }
  }

  /// Makes a folder, and returns false if there is something of the name.
  private static func makeNew(_ path: String, advice: String?) throws -> Bool {
    guard mkdir(path, 0o777) != 0 else { return true }
    guard errno != EEXIST else { return false }
    throw RunDirectoryError(cannot: "make the folder", path, errno, advice: advice)
  }

  /// The checkpoint that the run goes on from: the newest that is whole; nil if the run begins.
  ///
  /// - Parameters: as those of `RunFolder.checkpoint(for:)`.
  /// - Throws: `RunDirectoryError` as `RunFolder.checkpoint(for:)`, if the folder holds another run,
  ///   or if the run is longer than the configuration's; `FileError` or `ConfigurationError` if the
  ///   folder cannot be read.
  package func newestCheckpoint(
    isCancelled: () -> Bool = { false }, passOver: (_ reason: String) -> Void = { _ in }
  ) throws -> TrainingCheckpoint? {
    let newest =
      try found
      ?? folder.checkpoint(for: options.resume, isCancelled: isCancelled, passOver: passOver)
    guard let checkpoint = newest else {
      if let yaml = try folder.configurationText() {
        let begun = try Configuration(yaml: yaml, source: folder.configurationPath)
        try configuration.requireSameRun(as: begun, in: folder.configurationPath)
      }
      return nil
    }
    try checkpoint.requireSameRun(configuration, options, data)
    let last = configuration.train.epochs * data.sampler.stepsPerEpoch
    guard checkpoint.step <= last else {
      throw RunDirectoryError(
        "\(path) holds a run of \(checkpoint.step) steps, and the configuration ends with "
          + "step \(last); raise train.epochs, or start a new run in another --output")
    }
    return checkpoint
  }

  /// Sets the state that the run starts from: that of the newest checkpoint that is whole if it
  /// resumes, otherwise parameters from a file or from the seed.
  ///
  /// - Throws: `RunDirectoryError` or `FileError`; an error with the status of an interruption if a
  ///   signal comes to any rank.
  package mutating func initialize(_ state: inout TrainingState, _ group: ProcessGroup) throws {
    let (console, isInterrupted) = (group.console, group.stallDetector.isInterrupted)
    if options.resume != .never {
      let newest = try newestCheckpoint(isCancelled: isInterrupted) {
        console.warning("passing over a checkpoint: \($0)")
      }
      found = nil
      if let checkpoint = newest {
        let arithmetic = TrainingCheckpoint.arithmetic(configuration.train.precision)
        if checkpoint.arithmetic != arithmetic {
          console.warning(
            """
            \(checkpoint.file.path) was written with \
            \(checkpoint.arithmetic), and this is \(arithmetic): the last bits of the results may differ
            """)
        }
        try checkpoint.load(into: &state, isCancelled: isInterrupted)
        return console.info("resuming \(path) after step \(checkpoint.step)")
      }
      if try folder.holdsRun() {
        console.info("the run in \(path) has no checkpoint yet; beginning it again")
      }
    }
    if options.initialParameters == nil || options.drawsMissingParameters {
      try state.parameters.initialize(
        seed: configuration.train.seed, as: configuration.model.initializer,
        progress: group.progress)
    }
    for sentence in try loadInitialParameters(into: state.parameters, isInterrupted) {
      console.info(sentence)
    }
    state.ema?.whole.copy(from: state.parameters.whole)
  }

  /// Reads the parameters that the file of the options has, if they name one.
  ///
  /// - Returns: sentences on what was read, where that need not be all.
  /// - Throws: `FileError`.
  func loadInitialParameters(
    into parameters: ParameterBuffer, _ isCancelled: () -> Bool
  ) throws -> [String] {
    guard let file = options.initialParameters else { return [] }
    guard options.drawsMissingParameters else {
      try parameters.load(from: file, isCancelled: isCancelled)
      return []
    }
    return try parameters.loadFitting(from: file, isCancelled: isCancelled).sentences(file)
  }

  /// Writes a checkpoint of the state, also as the best one if it is, and removes old ones.
  ///
  /// The best one comes first: a run that ends between the two resumes from an earlier step, and
  /// writes both again. The other way round it would resume after this step, and never write the
  /// best one.
  ///
  /// - Throws: `CheckpointFailure` with a `FileError`.
  package func write(_ state: TrainingState, isBest: Bool) throws {
    var part = CheckpointFailure.Part.best
    do {
      if isBest { try TrainingCheckpoint.write(state, configuration, options, data, to: bestPath) }
      part = .step
      let path = folder.checkpoints.path(step: state.step)
      try TrainingCheckpoint.write(state, configuration, options, data, to: path)
      part = .removal
      try folder.checkpoints.removeAll(
        butNewest: configuration.checkpoint.keep, upTo: state.step)
    } catch { throw CheckpointFailure(error, in: part) }
  }

  /// `runs/NAME-DATE-TIME`.
  private static func newPath(name: String) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyyMMdd-HHmmss"
    return "\(parent)/\(name)-\(formatter.string(from: Date()))"
  }

  /// The newest of `runs/NAME-DATE-TIME` that has a checkpoint, if there is one.
  ///
  /// - Throws: `FileError` if the folder `runs` cannot be read.
  static func newestPath(name: String) throws(FileError) -> String? {
    let runs = try fileNames(in: parent).filter { entry in
      entry.hasPrefix(name + "-")
        && entry.dropFirst(name.count + 1).wholeMatch(of: /\d{8}-\d{6}(-\d+)?/) != nil
        && (try? CheckpointDirectory("\(parent)/\(entry)/checkpoints").newest()) != nil
    }
    return runs.max().map { "\(parent)/\($0)" }
  }
}
