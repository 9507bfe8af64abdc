import Cluster
import Configuration
import Datasets
import Networks

/// The data that a rank holds, and the sizes that follow from it.
package struct TrainingData: Sendable {
  /// This rank's shards.
  package private(set) var training: ShardedDataset
  /// The whole test set, on ranks that evaluate.
  package private(set) var test: ShardedDataset?
  /// The samples that are held out of the training set, if any are, on ranks that evaluate.
  package private(set) var validation: ShardedDataset?
  /// True if any samples are held out.
  package let holdsOut: Bool
  /// The samples that are evaluated after each epoch, on ranks that evaluate.
  package var evaluated: ShardedDataset? { holdsOut ? validation : test }
  /// The positions in each shard that a step takes.
  package let sampler: BatchSampler
  /// The sizes of the classifier.
  package let shape: ClassifierShape
  /// The reason why the ranks of this host each read all of the data, for lack of memory to share;
  /// nil if they need not.
  package let sharedMemoryFailure: String?
  /// The weight of each class in the loss, `[C]`; empty if each is 1.
  package private(set) var classWeights: [Float] = []
  /// The places of its parameters in a buffer.
  package var layout: ParameterLayout { ParameterLayout(shape) }

  /// Reads this rank's part of the data. All ranks call this, within `collectively`, and have the
  /// same configuration.
  ///
  /// - Throws: `DatasetError`, also where a signal comes, or the `JobFailure` of the rank that reads
  ///   for this host; `ConfigurationError` if the configuration does not fit the data; `MPIError`.
  package init(_ group: ProcessGroup, _ configuration: Configuration) throws {
    let data = configuration.data
    let evaluation = configuration.evaluation.ranks
    var reader = HostReader(group, configuration)
    training = try reader.training()
    test = try reader.whole(.test, on: evaluation)
    holdsOut = data.validation > 0
    validation = try holdsOut ? reader.whole(.validation, on: evaluation) : nil
    sharedMemoryFailure = reader.sharedMemoryFailure
    let form = training.form
    if let test, !form.isLike(test.form) {
      throw ConfigurationError(
        "\(data.directory) has test \(test.form.inWords) and training \(form.inWords); they must be "
          + "alike")
    }
    let augment = configuration.augment
    guard form.isImage || augment.flip == 0 && augment.shift == 0 else {
      throw ConfigurationError(
        "\(data.directory) has \(form.inWords), and augment.flip and augment.shift change images; set "
          + "them to 0")
    }
    guard augment.shift < min(form.features, form.steps) else {
      throw ConfigurationError(
        "augment.shift is \(augment.shift), which would move all of an image of \(form.steps) x "
          + "\(form.features) pixels out of sight; set it to less than its height and width")
    }
    guard !form.hasLengths || augment.mixup == 0 else {
      throw ConfigurationError(
        "\(data.directory) has \(form.inWords), and augment.mixup mixes samples of one length; set it "
          + "to 0")
    }
    sampler = try BatchSampler(
      sampleCount: training.sampleCount, batchSize: configuration.train.batch,
      shardCount: data.shards)
    shape = configuration.classifierShape(inputSize: form.features)
  }

  /// Measures the training set as far as the configuration asks for it. All ranks call this, once all
  /// have read their data.
  ///
  /// - Throws: `JobFailure` if a class that is to be balanced has no sample; `RankFailure`.
  mutating func measure(_ group: ProcessGroup, _ configuration: Configuration) throws {
    if configuration.data.normalize == .standard {
      let standardization = try group.locally {
        try training.standardization { try group.world.allReduce(&$0, .sum) }
      }
      training.standardization = standardization
      test?.standardization = standardization
      validation?.standardization = standardization
    }
    if configuration.train.classWeights != .none {
      var counts = training.labelCounts
      try group.locally { try group.world.allReduce(&counts, .sum) }
      classWeights = try group.collectively { try configuration.classWeights(counts: counts) }
    }
  }

  /// Checks what the files' headers say, without reading them.
  ///
  /// - Throws: `DatasetError`.
  static func requireFiles(_ configuration: Configuration) throws {
    let data = configuration.data
    for part in [DatasetPart.training, .test] {
      let isTest = part == .test
      _ = try DatasetFiles(
        directory: data.directory, format: data.format.dataset, part: part,
        shardCount: isTest ? 1 : data.shards, classes: data.classes.count,
        classNames: data.classes, heldOut: isTest ? 0 : data.validation,
        features: configuration.features)
    }
  }
}
