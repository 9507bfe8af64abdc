import Datasets
import Files

extension Configuration {
  /// Checks the limits of each key, and after them the rules that tie several keys together.
  ///
  /// - Throws: `ConfigurationError` that names the key, its value and what it may be.
  package func validate() throws(ConfigurationError) {
    for (path, key) in keys {
      if let mistake = key.mistake { throw ConfigurationError("\(path) \(mistake)", key: path) }
    }
    for (label, name) in data.classes.enumerated() {
      try require(
        name.unicodeScalars.contains {
          !$0.properties.isWhitespace && !$0.properties.isJoinControl
        },
        "data.classes",
        "has nothing for the name of label \(label); expected a word or two")
      if let hidden = name.unicodeScalars.first(where: { !$0.isShown }) {
        let digits = String(hidden.value, radix: 16, uppercase: true)
        let code = "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        throw ConfigurationError(
          "data.classes has the character \(code) in the name of label \(label) "
            + "('\(name.excerpt())'), which nobody sees, or which changes how the rest is shown; "
            + "expected a word or two", key: "data.classes")
      }
    }
    try require(
      Set(data.classes.map(\.withoutJoiners)).count == data.classes.count, "data.classes",
      "is a list with a name twice; expected a name of its own for each class")
    try require(
      model.dropout == 0 || model.layers > 1, "model.dropout",
      "is \(model.dropout), but drops what one layer passes to the next, and there is one; set "
        + "model.layers to 2 or more, or model.dropout to 0")
    try require(
      train.batch >= data.shards, "train.batch",
      "is \(train.batch), but every batch takes samples from each of the \(data.shards) shards; "
        + "set train.batch to at least \(data.shards), or lower data.shards")
    // As many passes as a shard's slice of the batch can have samples.
    let passes = (train.batch - 1) / data.shards + 1
    try require(
      (1...passes).contains(train.accumulation), "train.accumulation",
      "is \(train.accumulation); expected from 1 to \(passes), which is train.batch / data.shards, "
        + "rounded up")
    if let weights = train.classWeights.list {
      try require(
        weights.count == data.classes.count, "train.classWeights",
        "is a list of \(counted(weights.count, "number")); expected one for each of the "
          + "\(data.classes.count) classes")
    }
    if data.order != .rows {
      for (key, isSet) in [("flip", augment.flip > 0), ("shift", augment.shift > 0)] {
        try require(
          !isSet, "augment.\(key)",
          "changes rows of pixels, and data.order is \(data.order.rawValue); set augment.\(key) to "
            + "0, or data.order to rows")
      }
    }
    try require(
      train.stallAbortSeconds > train.stallSeconds && train.stallAbortSeconds <= 1e6,
      "train.stallAbortSeconds",
      "is \(train.stallAbortSeconds); expected more than train.stallSeconds "
        + "(\(train.stallSeconds)), up to 1000000")
    try require(
      optimizer.scaling == .none || train.baseBatch > 0, "optimizer.scaling",
      "is \(optimizer.scaling.rawValue), but no batch is given to scale from; set train.baseBatch "
        + "to the batch that optimizer.learningRate is for, or optimizer.scaling to none")
    let scaled =
      optimizer.scaling == .none ? "" : ", which optimizer.scaling makes \(learningRate)"
    try require(
      Float(learningRate) > 0 && Float(learningRate).isFinite, "optimizer.learningRate",
      "is \(optimizer.learningRate)\(scaled); expected above 0, within the range of a float")
    try require(
      optimizer.weightDecay >= 0 && learningRate * optimizer.weightDecay < 1,
      "optimizer.weightDecay",
      "is \(optimizer.weightDecay); expected at least 0 (none), and below 1 / "
        + "optimizer.learningRate\(scaled)")
    try require(
      optimizer.kind != .sgd || !optimizer.nesterov || optimizer.momentum > 0,
      "optimizer.nesterov",
      "is true, and there is no momentum to look ahead by; set optimizer.momentum above 0, or "
        + "optimizer.nesterov to false")
    try require(
      train.earlyStopping == 0 || data.validation > 0, "train.earlyStopping",
      "is \(train.earlyStopping), but no samples are held out that the training could be stopped by; "
        + "set data.validation to their number, or train.earlyStopping to 0")
    try require(
      schedule.decay != .reduceOnPlateau || data.validation > 0, "schedule.decay",
      "is reduce-on-plateau, but no samples are held out that the learning rate could go by; set "
        + "data.validation to their number, or schedule.decay to another one")
    try require(
      schedule.warmupSteps == 0 || schedule.warmupEpochs == 0, "schedule.warmupEpochs",
      "is \(schedule.warmupEpochs), and schedule.warmupSteps is \(schedule.warmupSteps); set one of "
        + "them to 0")
    try require(
      reduction.order == .reproducible || reduction.wire == .float32, "reduction.wire",
      "is \(reduction.wire.rawValue), which MPI_Iallreduce cannot add; set reduction.order to "
        + "reproducible, or reduction.wire to fp32")
  }

  private func require(
    _ holds: Bool, _ key: String, _ mistake: @autoclosure () -> String
  ) throws(ConfigurationError) {
    if !holds { throw ConfigurationError("\(key) \(mistake())", key: key) }
  }
}

extension String {
  /// The text without the characters that join or part their neighbors, of which alone two names that
  /// look the same can differ.
  fileprivate var withoutJoiners: String {
    var view = unicodeScalars
    view.removeAll { $0.properties.isJoinControl }
    return String(view)
  }
}
