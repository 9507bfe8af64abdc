extension Configuration {
  /// Checks what the types leave open.
  ///
  /// - Throws: `ConfigurationError` that names the key, its value and what it may be.
  public func validate() throws(ConfigurationError) {
    try require(data.shards >= 1 && data.shards <= 65536, "data.shards", data.shards, "1 to 65536")
    try require(
      data.classes.count >= 2 && data.classes.count <= 256, "data.classes",
      "a list of \(data.classes.count)", "2 to 256 names, one for each label")
    try require(
      model.hidden >= 1 && model.hidden <= 65536, "model.hidden", model.hidden, "1 to 65536")
    try require(model.layers >= 1 && model.layers <= 64, "model.layers", model.layers, "1 to 64")
    try require(
      // With as many steps in each as there can be samples, the steps still fit an Int.
      train.epochs >= 1 && train.epochs <= 1_000_000_000, "train.epochs", train.epochs,
      "1 to 1000000000")
    try require(
      train.batch >= 1 && train.batch <= 1 << 24, "train.batch", train.batch, "1 to \(1 << 24)")
    guard train.batch >= data.shards else {
      throw ConfigurationError(
        "train.batch is \(train.batch), but every batch takes samples from each of the "
          + "\(data.shards) shards; set train.batch to at least \(data.shards), or lower data.shards"
      )
    }
    if case .count(let threads) = train.threads {
      try require(threads >= 1 && threads <= 4096, "train.threads", threads, "auto, or 1 to 4096")
    }
    if case .steps(let steps) = train.verifyEvery {
      try require(steps >= 0, "train.verifyEvery", steps, "epoch, or at least 0 (0: never)")
    }
    let rate = optimizer.learningRate
    try require(rate > 0 && rate.isFinite, "optimizer.learningRate", rate, "above 0")
    for (key, beta) in [("beta1", optimizer.beta1), ("beta2", optimizer.beta2)] {
      try require(beta >= 0 && beta < 1, "optimizer.\(key)", beta, "from 0 to below 1")
    }
    let epsilon = optimizer.epsilon
    try require(epsilon >= 0 && epsilon.isFinite, "optimizer.epsilon", epsilon, "at least 0")
    try require(log.every >= 1, "log.every", log.every, "at least 1")
  }

  private func require(
    _ holds: Bool, _ key: String, _ value: some CustomStringConvertible, _ range: String
  ) throws(ConfigurationError) {
    if !holds { throw ConfigurationError("\(key) is \(value); expected \(range)") }
  }
}
