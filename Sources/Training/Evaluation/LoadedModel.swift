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
  /// - Throws: `DatasetError`; `TensorError`; `ConfigurationError` if the images have another size.
  package func onTestSet(directory: String? = nil) throws -> Predictor {
    let data = checkpoint.configuration.data
    let directory = directory ?? data.directory
    let test = try ShardedDataset(
      directory: directory, part: .test, classes: data.classes.count)
    guard [test.height, test.width] == checkpoint.imageSize else {
      throw ConfigurationError(
        "\(directory) has test images of \(test.height) x \(test.width) pixels, and the "
          + "checkpoint is for \(checkpoint.imageSize[0]) x \(checkpoint.imageSize[1])")
    }
    return Predictor(
      parameters: parameters, test: test, classes: data.classes,
      evaluator: try Evaluator(
        test, shape: checkpoint.shape,
        kernels: try Kernels(checkpoint.configuration.train.precision),
        threads: CPUAffinity.usableCount))
  }
}
