import Cluster
import Configuration
import Datasets
import Networks
import Tensors

/// A classifier that was read from a checkpoint.
package struct LoadedModel {
  private let checkpoint: TrainingCheckpoint
  private let parameters: ParameterBuffer

  /// Reads a checkpoint that `lockstep train` wrote.
  ///
  /// - Throws: `FileError`; `TensorError.outOfMemory`.
  package init(checkpoint path: String) throws {
    checkpoint = try TrainingCheckpoint(path)
    parameters = try checkpoint.parameters()
  }

  /// The model with the test images in `directory`, or in its configuration's if nil.
  ///
  /// - Throws: `DatasetError`; `TensorError`; `ConfigurationError` if the images have another size, or
  ///   other labels.
  package func onTestSet(directory: String? = nil) throws -> Predictor {
    let data = checkpoint.configuration.data
    let advice = "name the data set that it was trained on with --data"
    let folder = DatasetFolder(
      directory ?? data.directory, advice: "name the folder that holds it with --data")
    // Another folder may have the same samples in another format.
    let format = try (directory == nil ? data.format.dataset : nil) ?? folder.format()
    let directory = directory ?? data.directory
    let paths = try folder.paths(of: .test, format)
    // First, for the labels of other samples may be others, too.
    let form = try format.form(of: paths).read(in: data.order, from: paths.samples.description)
    guard form.isLike(checkpoint.form) else {
      throw ConfigurationError(
        "\(directory) has test \(form.inWords), and the checkpoint is for "
          + "\(checkpoint.form.inWords); \(advice)")
    }
    var test: ShardedDataset
    do {
      test = try ShardedDataset(
        directory: directory, format: format, part: .test, classes: data.classes.count,
        classNames: data.classes, features: checkpoint.configuration.features)
    } catch {
      guard error.kind == .labelOutOfRange else { throw error }
      throw ConfigurationError(
        "\(error.subject) has \(error.found), and the checkpoint is for \(data.classes.count) "
          + "classes, which have the labels from 0 to \(data.classes.count - 1) or the names "
          + "\(data.classes.joined(separator: ", ").excerpt(200)); \(advice)")
    }
    test.standardization = try checkpoint.standardization()
    return Predictor(
      parameters: parameters, test: test, classes: data.classes,
      evaluator: try Evaluator(
        test, shape: checkpoint.shape,
        kernels: try Kernels(checkpoint.configuration.train.precision),
        threads: CPUAffinity.usableCount))
  }
}
