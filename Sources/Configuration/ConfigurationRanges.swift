extension Configuration {
  /// Checks what the types leave open.
  ///
  /// - Throws: `ConfigurationError` that names the key, its value and what it may be.
  package func validate() throws(ConfigurationError) {
    try require(data.shards >= 1 && data.shards <= 65536, "data.shards", data.shards, "1 to 65536")
    try require(
      data.validation >= 0 && data.validation <= 1 << 30, "data.validation", data.validation,
      "0 (none) to \(1 << 30)")
    try require(
      data.classes.count >= 2 && data.classes.count <= 256, "data.classes",
      "a list of \(data.classes.count)", "2 to 256 names, one for each label")
    try require(
      model.hidden >= 1 && model.hidden <= 65536, "model.hidden", model.hidden, "1 to 65536")
    try require(model.layers >= 1 && model.layers <= 64, "model.layers", model.layers, "1 to 64")
    try require(
      model.dropout >= 0 && model.dropout < 1, "model.dropout", model.dropout,
      "from 0 (none) to below 1")
    guard model.dropout == 0 || model.layers > 1 else {
      throw ConfigurationError(
        "model.dropout is \(model.dropout), but drops what one layer passes to the next, and there is "
          + "one; set model.layers to 2 or more, or model.dropout to 0", key: "model.dropout")
    }
    try require(
      // With as many steps in each as there can be samples, the steps still fit an Int.
      train.epochs >= 1 && train.epochs <= 1_000_000_000, "train.epochs", train.epochs,
      "1 to 1000000000")
    try require(
      train.batch >= 1 && train.batch <= 1 << 24, "train.batch", train.batch, "1 to \(1 << 24)")
    try require(
      Set(data.classes).count == data.classes.count, "data.classes", "a list with a name twice",
      "a name of its own for each class")
    try require(!data.directory.isEmpty, "data.directory", "empty", "the folder of the IDX files")
    guard train.batch >= data.shards else {
      throw ConfigurationError(
        "train.batch is \(train.batch), but every batch takes samples from each of the "
          + "\(data.shards) shards; set train.batch to at least \(data.shards), or lower data.shards",
        key: "train.batch")
    }
    // As many passes as a shard's slice of the batch can have samples.
    let passes = (train.batch - 1) / data.shards + 1
    try require(
      train.accumulation >= 1 && train.accumulation <= passes, "train.accumulation",
      train.accumulation, "1 to \(passes), which is train.batch / data.shards, rounded up")
    try require(
      augment.flip >= 0 && augment.flip <= 1, "augment.flip", augment.flip,
      "a probability from 0 (none) to 1")
    try require(
      augment.shift >= 0 && augment.shift <= 65535, "augment.shift", augment.shift,
      "0 (none) to 65535")
    try require(
      augment.mixup >= 0 && augment.mixup <= 1, "augment.mixup", augment.mixup, "from 0 (none) to 1"
    )
    try require(
      averaging.decay >= 0 && Float(averaging.decay) < 1, "averaging.decay", averaging.decay,
      "from 0 (none) to below 1")
    if case .count(let threads) = train.threads {
      try require(threads >= 1 && threads <= 4096, "train.threads", threads, "auto, or 1 to 4096")
    }
    if case .steps(let steps) = train.verifyEvery {
      try require(steps >= 0, "train.verifyEvery", steps, "epoch, or at least 0 (0: never)")
    }
    let clipNorm = train.clipNorm
    try require(
      clipNorm >= 0 && clipNorm.isFinite, "train.clipNorm", clipNorm, "at least 0 (0: none)")
    try require(
      train.labelSmoothing >= 0 && train.labelSmoothing < 1, "train.labelSmoothing",
      train.labelSmoothing, "from 0 (none) to below 1")
    let (stall, abort) = (train.stallSeconds, train.stallAbortSeconds)
    try require(stall > 0 && stall <= 1e6, "train.stallSeconds", stall, "above 0, up to 1000000")
    try require(
      abort > stall && abort <= 1e6, "train.stallAbortSeconds", abort,
      "more than train.stallSeconds (\(stall)), up to 1000000")
    try require(
      checkpoint.everySteps >= 0, "checkpoint.everySteps", checkpoint.everySteps,
      "at least 0 (0: after each epoch)")
    try require(checkpoint.keep >= 1, "checkpoint.keep", checkpoint.keep, "at least 1")
    let rate = optimizer.learningRate
    try require(
      Float(rate) > 0 && Float(rate).isFinite, "optimizer.learningRate", rate,
      "above 0, within the range of a float")
    for (key, beta) in [("beta1", optimizer.beta1), ("beta2", optimizer.beta2)] {
      try require(beta >= 0 && beta < 1, "optimizer.\(key)", beta, "from 0 to below 1")
    }
    let epsilon = optimizer.epsilon
    try require(
      Float(epsilon) > 0 && Float(epsilon).isFinite, "optimizer.epsilon", epsilon,
      "above 0, within the range of a float")
    let decay = optimizer.weightDecay
    try require(
      decay >= 0 && rate * decay < 1, "optimizer.weightDecay", decay,
      "at least 0 (none), and below 1 / optimizer.learningRate")
    try require(
      schedule.warmupSteps >= 0, "schedule.warmupSteps", schedule.warmupSteps,
      "at least 0 (none)")
    try require(
      schedule.floor >= 0 && schedule.floor <= 1, "schedule.floor", schedule.floor, "from 0 to 1")
    try require(
      schedule.stepEpochs >= 1, "schedule.stepEpochs", schedule.stepEpochs, "at least 1")
    try require(
      schedule.stepFactor > 0 && schedule.stepFactor <= 1, "schedule.stepFactor",
      schedule.stepFactor, "above 0, up to 1")
    guard reduction.order == .reproducible || reduction.wire == .float32 else {
      throw ConfigurationError(
        "reduction.wire is \(reduction.wire.rawValue), which MPI_Iallreduce cannot add; set "
          + "reduction.order to reproducible, or reduction.wire to fp32", key: "reduction.wire")
    }
    try require(log.every >= 1, "log.every", log.every, "at least 1")
  }

  private func require(
    _ holds: Bool, _ key: String, _ value: some CustomStringConvertible, _ range: String
  ) throws(ConfigurationError) {
    if !holds { throw ConfigurationError("\(key) is \(value); expected \(range)", key: key) }
  }
}
