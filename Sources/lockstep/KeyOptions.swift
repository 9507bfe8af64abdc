import ArgumentParser
import Configuration

/// The options that stand for a key of the configuration each.
struct KeyOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: "Replaces train.epochs.")
  var epochs: String?

  @Option(
    parsing: .unconditional, help: "Replaces train.batch, the samples of a step over all ranks.")
  var batch: String?

  @Option(parsing: .unconditional, help: "The same as --batch.")
  var batchSize: String?

  @Option(parsing: .unconditional, help: "Replaces train.seed.")
  var seed: String?

  @Option(parsing: .unconditional, help: "Replaces train.threads, the threads of a rank.")
  var threads: String?

  @Option(
    name: .customLong("lr"), parsing: .unconditional, help: "Replaces optimizer.learningRate.")
  var learningRate: String?

  @Option(
    parsing: .unconditional, help: "Replaces model.hidden, the units of a layer in each direction.")
  var hidden: String?

  @Option(parsing: .unconditional, help: "Replaces model.layers.")
  var layers: String?

  func validate() throws {
    // They take any word, for a number may be negative.
    for (option, _, value) in options where value?.hasPrefix("--") == true {
      throw ValidationError("\(option) has no value before \(value ?? "")")
    }
    if batch != nil, batchSize != nil {
      throw ValidationError("--batch and --batch-size are the same; leave one out")
    }
  }

  /// The settings that they are, each the same as `--set` of its key.
  var settings: [TypedSetting] {
    options.compactMap { option, key, value in
      value.map { TypedSetting(option, for: key, $0) }
    }
  }

  /// The options with the keys that they stand for.
  private var options: [(option: String, key: String, value: String?)] {
    [
      ("--epochs", "train.epochs", epochs), ("--batch", "train.batch", batch),
      ("--batch-size", "train.batch", batchSize), ("--seed", "train.seed", seed),
      ("--threads", "train.threads", threads), ("--lr", "optimizer.learningRate", learningRate),
      ("--hidden", "model.hidden", hidden), ("--layers", "model.layers", layers),
    ]
  }
}
