import Configuration
import Datasets
import Files
import Foundation
import Networks
import Safetensors
import Tensors
import Training

/// A trained classifier that leaves Lockstep, in the formats of others.
package struct ExportedModel {
  private let parameters: ParameterBuffer
  private let form: SampleForm
  private let features: FeatureSettings
  private let standardization: Standardization?
  /// The metadata of the files: names of classes, precision, digest.
  private let notes: [(key: String, value: String)]
  /// The path of the checkpoint; nil if there is none.
  package let checkpoint: String?

  /// A model of its own.
  ///
  /// - Parameters:
  ///   - form: that of the samples which it was trained on.
  ///   - standardization: that of the training set, where the features are standardized.
  ///   - notes: the metadata of the files.
  package init(
    _ parameters: ParameterBuffer, _ form: SampleForm, _ features: FeatureSettings,
    _ standardization: Standardization?, notes: [(key: String, value: String)] = []
  ) {
    (self.parameters, self.form, self.features) = (parameters, form, features)
    (self.standardization, self.notes, checkpoint) = (standardization, notes, nil)
  }

  /// Reads the checkpoint at `path`, or the best one of a run's folder.
  ///
  /// - Parameter version: that of the program.
  /// - Throws: `FileError`; `RunDirectoryError` where a folder has none; `TensorError.outOfMemory`.
  package init(_ path: String, version: String) throws {
    let checkpoint = try TrainingCheckpoint(try checkpointPath(at: path))
    let configuration = checkpoint.configuration
    parameters = try checkpoint.parameters()
    (form, features) = (checkpoint.form, configuration.features)
    standardization = try checkpoint.standardization()
    self.checkpoint = checkpoint.file.path
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    let classes = try encoder.encode(configuration.data.classes)
    notes = [
      ("classes", String(decoding: classes, as: UTF8.self)),
      ("precision", configuration.train.precision.rawValue),
      ("step", "\(checkpoint.step)"),
      ("parameters sha256", "\(try parameters.digest())"),
      ("lockstep", version),
    ]
  }

  /// Writes an ONNX model, which normalizes the numbers itself.
  ///
  /// Its inputs are `x`, floats as the numbers in the data set's files: `[N, height, width]` of images,
  /// from 0 to 255, and `[N, T, F]` of sequences; and `lengths` `[N]`, integers of 64 bits, where the
  /// training had them. Its outputs are `logits` and `probabilities`, `[N, C]`.
  ///
  /// - Throws: `FileError`, also for a model that is larger than what protocol buffers can hold;
  ///   `ConfigurationError` if `path` is the checkpoint.
  package func writeONNX(to path: String) throws {
    try requireOther(path)
    // A message of protocol buffers has less than 2 GiB.
    guard parameters.layout.count < 500_000_000 else {
      throw FileError(
        .invalidContents, path: path,
        reason:
          "the model has \(parameters.layout.count) parameters, and a file of ONNX holds less "
          + "than 2 GiB; nothing was written", advice: "export it with --safetensors")
    }
    let graph = ClassifierGraph.make(parameters, form, features, standardization)
    let model = ONNXModel(graph: graph, description: description, metadata: notes)
    let file = try AtomicFile(path: path)
    try file.append(model.bytes.span.bytes)
    try file.commit()
  }

  /// Writes the state dict of the PyTorch model of the same function: the parameters under their
  /// names, and nothing else but the means and deviations of standardized features.
  ///
  /// - Throws: `FileError`, also for a value that is beyond what `format` holds; `ConfigurationError`
  ///   if `path` is the checkpoint.
  package func writeSafetensors(to path: String, as format: FloatFormat) throws {
    try requireOther(path)
    var tensors = parameters.layout.entries.map {
      (
        description: TensorDescription(name: $0.name, shape: $0.shape),
        values: parameters.values(of: $0)
      )
    }
    if let standardization {
      let figures = [standardization.means, standardization.deviations]
      for (name, values) in zip(Standardization.tensorNames, figures) {
        tensors.append((TensorDescription(name: name, shape: [values.count]), values))
      }
    }
    for (tensor, values) in tensors {
      guard let value = values.first(where: { abs($0) > format.greatestFinite }) else { continue }
      throw FileError(
        .invalidContents, path: path,
        reason:
          "\(tensor.name) has the value \(value), which is beyond what \(format.rawValue) holds; "
          + "nothing was written", advice: "leave --dtype out")
    }
    // By `format` Python's library knows whose tensors they are.
    let metadata = Dictionary(uniqueKeysWithValues: notes.map { ($0.key, $0.value) })
      .merging(["format": "pt"]) { $1 }
    var writer = try SafetensorsWriter(
      to: path, tensors: tensors.map(\.description), as: format, metadata: metadata)
    for (_, values) in tensors { try writer.append(values.span) }
    try writer.finish()
  }

  /// The model in a few words.
  private var description: String {
    let shape = parameters.layout.shape
    return "\(shape.isBidirectional ? "bidirectional " : "")\(shape.cell.title) of "
      + "\(counted(shape.layers, "layer")) of \(shape.hiddenSize) units for \(form.inWords), "
      + "\(shape.classes) classes"
  }

  /// Refuses to replace the checkpoint itself.
  private func requireOther(_ path: String) throws(ConfigurationError) {
    guard let checkpoint, isSameFile(path, checkpoint) else { return }
    throw ConfigurationError(
      "\(path) is the checkpoint itself; name another file", isOfOption: true)
  }
}
