import Cluster
import Configuration
import Datasets
import Files
import Networks
import Safetensors
import Tensors

/// A classifier that was read from a checkpoint, or from PyTorch's parameters.
package struct LoadedModel {
  /// The configuration that says its shape, the data and the precision.
  package let configuration: Configuration
  private let file: SafetensorsFile
  /// The form of the samples, with the parameters; nil of parameters alone, whose form is that of the
  /// samples that they are tried on.
  private let trained: (form: SampleForm, parameters: ParameterBuffer)?

  /// Reads a checkpoint that `lockstep train` wrote.
  ///
  /// - Throws: `FileError`; `TensorError.outOfMemory`.
  package init(checkpoint path: String) throws {
    try self.init(path) { base in
      if let base { return base }
      throw FileError(
        .malformed, path: path, reason: "it is no checkpoint of lockstep",
        advice: "give a checkpoint that lockstep train wrote")
    }
  }

  /// Reads a checkpoint that `lockstep train` wrote, or parameters that PyTorch did.
  ///
  /// - Parameter configure: the configuration over that of the checkpoint, or over none for a file
  ///   that has parameters alone.
  /// - Throws: `FileError`; `TensorError.outOfMemory`; `ConfigurationError` where the configuration
  ///   asks for another model than the checkpoint's; what `configure` throws.
  package init(
    _ path: String, isCancelled: () -> Bool = { false },
    configure: (_ base: Configuration?) throws -> Configuration
  ) throws {
    file = try SafetensorsFile(path, isCancelled: isCancelled)
    // Of any version, which the checkpoint checks.
    guard file.metadata["format"]?.hasPrefix("lockstep ") == true else {
      configuration = try configure(nil)
      trained = nil
      return
    }
    let checkpoint = try TrainingCheckpoint(file)
    let configuration = try configure(checkpoint.configuration)
    self.configuration = configuration
    let shape = configuration.classifierShape(inputSize: checkpoint.form.features)
    let old = checkpoint.configuration.values
    let changes = configuration.values.filter { key, value in
      old[key] != value
        && (key.hasPrefix("model.")
          || ["data.classes", "data.normalize", "data.order"].contains(key))
    }
    // Other names for as many classes are welcome.
    guard shape == checkpoint.shape, changes["data.normalize"] == nil, changes["data.order"] == nil
    else {
      throw ConfigurationError(
        "\(path) has another model than the configuration, which changes "
          + "\(changes.keys.sorted().joined(separator: " and ")); leave that out")
    }
    trained = (checkpoint.form, try checkpoint.parameters())
  }

  /// The files of the samples at `path`, a folder with a test part or a file, or in the
  /// configuration's folder if nil.
  ///
  /// - Throws: `DatasetError`; `ConfigurationError` if the samples are not like those that the model
  ///   was trained on.
  package func source(_ path: String?, needsLabels: Bool) throws -> SampleSource {
    let data = configuration.data
    let advice = "name the folder that holds it with --data"
    // Another folder may have the same samples in another format alone.
    let configured = data.format.dataset.flatMap {
      try? SampleSource(
        path ?? data.directory, format: $0, needsLabels: needsLabels, advice: advice)
    }
    let source =
      try configured
      ?? SampleSource(
        path ?? data.directory, needsLabels: needsLabels, advice: advice)
    guard let trained else { return source }
    // First, for the labels of other samples may be others, too.
    let form = try source.form(order: data.order)
    guard form.isLike(trained.form) else {
      throw ConfigurationError(
        "\(path ?? data.directory) has test \(form.inWords), and the checkpoint is for \(trained.form.inWords); "
          + Self.advice)
    }
    return source
  }

  /// The sentence that arrays without lengths may mean less than they seem to; nil if they do not.
  package func warning(of source: SampleSource) -> String? {
    guard trained?.form.hasLengths == true, source.paths.lengths == nil, source.format != .ts else {
      return nil
    }
    return """
      \(source.paths.samples) has no lengths with it, so all of its time steps count; the model was \
      trained on sequences of different lengths, and if some of these are filled up, save their \
      lengths with them, as for a training
      """
  }

  private static let advice = "name the data set that it was trained on with --data"

  /// The model with the test samples in `directory`, a folder or a file, or in its configuration's
  /// if nil, for this process alone.
  ///
  /// - Parameter warn: called with a sentence about samples that may not be what they seem to be.
  /// - Throws: `DatasetError`; `TensorError`; `ConfigurationError` if the samples have another form, or
  ///   other labels.
  package func onTestSet(directory: String? = nil, warn: (String) -> Void = { _ in }) throws
    -> Predictor
  {
    let source = try source(directory, needsLabels: true)
    if let warning = warning(of: source) { warn(warning) }
    return try predictor(threads: CPUAffinity.usableCount) {
      try ShardedDataset(
        DatasetFiles(
          source, classNames: configuration.data.classes, features: configuration.features),
        shards: 0..<1)
    }
  }

  /// The model with some samples, which need no labels, on every rank; all call this, within
  /// `collectively`.
  ///
  /// - Throws: as `onTestSet` does; `MPIError`; `JobFailure` of the rank that reads for this host.
  package func on(
    _ source: SampleSource, threads: Int, _ group: ProcessGroup
  ) throws -> Predictor {
    var reader = HostReader(group, configuration)
    return try predictor(threads: threads) { try reader.whole(source) }
  }

  /// The model with the samples that `read` reads.
  private func predictor(
    threads: Int, _ read: () throws -> ShardedDataset
  ) throws -> Predictor {
    var test: ShardedDataset
    let classes = configuration.data.classes
    do {
      test = try read()
    } catch let error as DatasetError where error.kind == .labelOutOfRange {
      throw ConfigurationError(
        "\(error.subject) has \(error.found), and the checkpoint is for \(classes.count) "
          + "classes, which have the labels from 0 to \(classes.count - 1) or the names "
          + "\(classes.joined(separator: ", ").excerpt(200)); \(Self.advice)")
    }
    if configuration.data.normalize == .standard {
      test.standardization = try standardization(features: test.form.features)
    }
    let shape = configuration.classifierShape(inputSize: test.form.features)
    return Predictor(
      parameters: try trained?.parameters ?? parameters(shape), test: test, classes: classes,
      evaluator: try Evaluator(
        test, shape: shape, kernels: try Kernels(configuration.train.precision), threads: threads))
  }

  /// The parameters of a file that holds them alone.
  private func parameters(_ shape: ClassifierShape) throws -> ParameterBuffer {
    let buffer = try ParameterBuffer(ParameterLayout(shape))
    try buffer.load(from: file.path)
    return buffer
  }

  /// What standardizes the features as those of the training set were.
  private func standardization(features: Int) throws(FileError) -> Standardization {
    let names = Standardization.tensorNames.joined(separator: " and ")
    return try Standardization(
      file, features: features,
      advice: trained == nil
        ? "save the training set's means and deviations with the parameters, as tensors \(names) of a "
          + "number for each feature, or standardize the samples and leave data.normalize out"
        : "leave data.normalize as the training had it")
  }
}
