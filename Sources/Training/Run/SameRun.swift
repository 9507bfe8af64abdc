import Configuration
import Files

// The check that a run goes on as it was begun.

extension Configuration {
  /// The keys that change nothing that a run computes up to a step, where its learning rate does
  /// not fall towards the last epoch.
  package static let keysThatMayChange = keysOfTheMachine.union([
    "data.directory", "data.format", "train.epochs", "train.earlyStopping",
  ])

  /// The keys that say how a run is done, seen and kept, and change nothing that it comes to.
  package static let keysOfTheMachine: Set<String> = [
    "train.threads", "train.recompute", "train.verifyEvery", "train.stallSeconds",
    "train.stallAbortSeconds", "evaluation.ranks", "checkpoint.everySteps", "checkpoint.keep",
    "checkpoint.onFailure", "log.every", "log.trace", "log.to",
  ]

  /// Checks that a run under this configuration continues one that was begun under another, bit for
  /// bit.
  ///
  /// - Parameter file: the file that has the other configuration.
  /// - Throws: `RunDirectoryError` that names a key that differs.
  func requireSameRun(as other: Configuration, in file: String) throws {
    let (before, now) = (other.values, values)
    for key in before.keys.sorted() where !Self.keysThatMayChange.contains(key) {
      try requireSame(key, before[key] ?? "", now[key] ?? "", file)
    }
    if other.schedule.decay.endsWithTraining, schedule.decay.endsWithTraining {
      try requireSame(
        "train.epochs (with which schedule.decay ends)", "\(other.train.epochs)",
        "\(train.epochs)", file)
    }
  }
}

extension TrainingCheckpoint {
  /// Checks that a run under `other` continues the one of this checkpoint, bit for bit.
  ///
  /// - Throws: `RunDirectoryError` that names a setting that differs.
  func requireSameRun(
    _ other: Configuration, _ options: TrainingOptions, _ data: TrainingData
  ) throws {
    try other.requireSameRun(as: configuration, in: file.path)
    func inWords(_ shuffles: Bool) -> String { shuffles ? "not given" : "given" }
    try requireSame("--no-shuffle", inWords(isShuffled), inWords(options.shuffles), file.path)
    try requireSame(
      "the training data (by its SHA-256)", dataDigest, Self.digest(of: data), file.path)
  }
}

private func requireSame(_ setting: String, _ before: String, _ now: String, _ file: String) throws
{
  guard before != now else { return }
  throw RunDirectoryError(
    "\(file) was written with \(setting) \(before), and now it is \(now): that would be "
      + "another run; resume with the same settings, or start a new run in another --output")
}
