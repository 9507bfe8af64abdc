import Cluster
import Configuration
import Datasets
import Foundation
import Networks
import Safetensors
import Tensors

/// A classifier from a checkpoint.
package struct LoadedModel {
  private let checkpoint: TrainingCheckpoint
  private let parameters: ParameterBuffer

  /// Reads a checkpoint that `lockstep train` wrote.
  ///
  /// - Throws: `FileError`.
  package init(checkpoint path: String) throws {
    checkpoint = try TrainingCheckpoint(path)
    parameters = try checkpoint.parameters()
  }

  /// The model with the test images in `directory`, or in that of its configuration if nil.
  ///
  /// - Throws: `DatasetError`; `ConfigurationError` if the images have another size.
  package func onTestSet(directory: String? = nil) throws -> Predictor {
    let data = checkpoint.configuration.data
    let directory = directory ?? data.directory
    let test = try ShardedDataset(
      directory: directory, part: .test, classes: data.classes.count)
    guard [test.height, test.width] == checkpoint.imageSize else {
      throw ConfigurationError(
        "\(directory) has test images of \(test.height) x \(test.width) pixels, and the checkpoint is "
          + "for \(checkpoint.imageSize[0]) x \(checkpoint.imageSize[1])")
    }
    return Predictor(
      parameters: parameters, test: test, classes: data.classes,
      evaluator: try Evaluator(
        test, shape: checkpoint.shape,
        kernels: try Kernels(checkpoint.configuration.train.precision),
        threads: CPUAffinity.current.count))
  }
}

/// A classifier and a test set.
package struct Predictor {
  package let parameters: ParameterBuffer
  package let test: ShardedDataset
  package let classes: [String]
  package let evaluator: Evaluator

  /// An image with what the classifier sees in it.
  package struct Prediction {
    /// `[height, width]`, from 0 to 255.
    package let pixels: [UInt8]
    /// The pixels of a row.
    package let width: Int
    /// The name of its class.
    package let label: String
    /// The names of all classes with their probabilities, the largest first.
    package let probabilities: [(name: String, probability: Double)]
  }

  /// Loss and accuracy on all test images.
  ///
  /// - Throws: `TensorError`.
  package func evaluate() throws -> ClassificationResult { try evaluator.evaluate(parameters) }

  /// What the classifier sees in test image `index`.
  ///
  /// - Throws: `DatasetError` if there is no such image; `TensorError`.
  package func predict(_ index: Int) throws -> Prediction {
    let pixels = try test.image(at: index)
    let label = classes[try test.label(at: index)]
    let logits = try evaluator.logits(parameters, sample: index).map(Double.init)
    let largest = logits.max() ?? 0
    let weights = logits.map { exp($0 - largest) }
    let sum = weights.reduce(0, +)
    return Prediction(
      pixels: pixels, width: test.width, label: label,
      probabilities: zip(classes, weights).map { ($0, $1 / sum) }
        .sorted { $0.probability > $1.probability })
  }
}

/// What `lockstep inspect` says of a safetensors file, line by line.
///
/// - Throws: `FileError` if the file is damaged.
package func inspectionLines(of path: String) throws -> [String] {
  let file = try SafetensorsFile(path)
  var lines = file.entries.map { entry in
    let shape = entry.shape.map(String.init).joined(separator: " x ")
    return "\(entry.name): \(entry.dataType.rawValue) \(shape.isEmpty ? "scalar" : shape)"
  }
  guard file.metadata["format"] == TrainingCheckpoint.format else {
    let others = file.metadata.sorted { $0.key < $1.key }.map { "\($0): \($1)" }
    return lines + others + ["(no checkpoint of lockstep: parameters alone)"]
  }
  let checkpoint = try TrainingCheckpoint(path)
  lines += ["step \(checkpoint.step)", "epoch \(checkpoint.epoch)", "configuration:"]
  lines += try checkpoint.configuration.yaml.split(separator: "\n").map { "  \($0)" }
  lines.append("file sha256 \(file.digest.map(String.init(describing:)) ?? "none") (intact)")
  lines.append("parameters sha256 \(try checkpoint.parameters().digest())")
  return lines
}
