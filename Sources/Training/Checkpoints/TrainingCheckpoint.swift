import Configuration
import Datasets
import Files
import Foundation
import Networks
import Optimizers
import Safetensors
import Tensors

/// A checkpoint: a safetensors file of the parameters under PyTorch's names and the optimizer's
/// slots, with everything in its metadata that an exact resume needs.
///
/// Where there is an average of the parameters, it has their names, since it is evaluated, and the
/// parameters that the optimizer steps on stand beside it.
package struct TrainingCheckpoint {
  /// The value of `format` in a checkpoint's metadata.
  package static let format = "lockstep 1"
  /// The prefix of a parameter's name where its average has that name.
  package static let rawPrefix = "raw."

  /// The metadata of a checkpoint from the end of an epoch whose evaluation is still to be done.
  private static let pending = (key: "evaluation", value: "pending")
  /// The key of the metadata of a run that holds samples out.
  private static let progressKey = "progress"

  /// The prefixes of the names in a state's buffers, in their order.
  private static func prefixes(_ configuration: Configuration) -> [String] {
    let slots = configuration.optimizerSlotNames.map { $0 + "." }
    return configuration.ema != nil ? [rawPrefix] + slots + [""] : [""] + slots
  }

  package let file: SafetensorsFile
  /// The configuration that it was written under.
  package let configuration: Configuration
  /// The steps done.
  package let step: Int
  /// The whole epochs done.
  package let epoch: Int
  /// The form of the samples.
  package let form: SampleForm
  /// The best figure that an evaluation has found, by `evaluation.criterion`; nil if there was none.
  package let best: Double?
  /// The news of the evaluations that steer the training.
  let progress: TrainingProgress
  /// The arithmetic that it was computed with, which decides the last bits.
  package let arithmetic: String
  /// True if each epoch has an order of its own.
  let isShuffled: Bool
  /// The digests of the training data.
  let dataDigest: String

  private static let advice = "give a checkpoint that lockstep train wrote"

  /// Opens the file at `path`, and checks that it is a whole checkpoint of Lockstep.
  ///
  /// - Parameter isCancelled: asked before each piece of the file; true ends the reading with an
  ///   error of the kind `cancelled`.
  /// - Throws: `FileError`.
  package init(_ path: String, isCancelled: () -> Bool = { false }) throws {
    try self.init(SafetensorsFile(path, isCancelled: isCancelled))
  }

  /// Checks that a file is a checkpoint of Lockstep.
  ///
  /// - Throws: `FileError`.
  package init(_ file: SafetensorsFile) throws {
    self.file = file
    let (path, metadata) = (file.path, file.metadata)
    func malformed(_ what: String) -> FileError {
      FileError(.malformed, path: path, reason: what, advice: Self.advice)
    }
    guard metadata["format"] == Self.format, file.digest != nil else {
      throw malformed("its metadata lacks 'format: \(Self.format)' or a digest")
    }
    func value(_ key: String) throws -> String {
      guard let text = metadata[key] else { throw malformed("its metadata lacks '\(key)'") }
      return text
    }
    func number(_ key: String) throws -> Int {
      guard let number = Int(try value(key)), (0...1 << 62).contains(number) else {
        throw malformed("its metadata's '\(key)' is no number from 0 to 2^62")
      }
      return number
    }
    do {
      configuration = try Configuration(
        yaml: value("configuration"), source: "\(path): configuration")
    } catch let error as ConfigurationError {
      throw malformed("\(error)")
    }
    step = try number("step")
    epoch = try number("epoch")
    // The time steps and the features, also of sequences that are no images.
    let sizes = [try number("imageHeight"), try number("imageWidth")]
    let form = SampleForm(
      steps: sizes[0], features: sizes[1], isBytes: file.metadata["numbers"] != "floats",
      hasLengths: file.metadata["lengths"] == "several")
    guard form.isWithinLimits else {
      throw malformed("its metadata's image size is \(sizes)")
    }
    self.form = try Self.form(form, of: file, configuration.data.order) ?? form
    let criterion = configuration.evaluation.criterion
    guard let best = Double(try value(criterion.bestKey)) else {
      throw malformed("its metadata's '\(criterion.bestKey)' is no number")
    }
    self.best = best.isFinite && best >= 0 ? best : nil
    if let text = file.metadata[Self.progressKey] {
      guard let progress = TrainingProgress(text: text) else {
        throw malformed("its metadata's '\(Self.progressKey)' is none of a training")
      }
      self.progress = progress
    } else {
      progress = TrainingProgress()
    }
    arithmetic = file.metadata["arithmetic"] ?? "the arithmetic of an earlier version"
    isShuffled = try value("shuffled") == "true"
    dataDigest = try value("data")
    try file.requireShapes(
      of: layout, prefixes: Self.prefixes(configuration), Self.standardizationNames(configuration),
      features: form.features, advice: Self.advice)
  }

  /// The tensors of the means and deviations of the features, where numbers are standardized.
  private static func standardizationNames(_ configuration: Configuration) -> [String] {
    configuration.data.normalize == .standard ? Standardization.tensorNames : []
  }

  /// That of the training set, if numbers are standardized.
  ///
  /// - Throws: `FileError`.
  package func standardization() throws -> Standardization? {
    guard configuration.data.normalize == .standard else { return nil }
    return try Standardization(file, features: form.features, advice: Self.advice)
  }

  /// The arithmetic that this process computes with.
  package static func arithmetic(_ precision: Precision) -> String {
    (try? Kernels(precision).arithmetic) ?? "unknown"
  }

  /// The places of its parameters in a buffer.
  package var layout: ParameterLayout { ParameterLayout(shape) }

  /// The sizes of its classifier.
  package var shape: ClassifierShape {
    configuration.classifierShape(inputSize: form.features)
  }

  /// Reads the parameters that are evaluated, alone.
  ///
  /// - Throws: `FileError`; `TensorError.outOfMemory`.
  package func parameters() throws -> ParameterBuffer {
    let buffer = try ParameterBuffer(layout)
    try buffer.load(from: file, prefix: "")
    return buffer
  }

  /// Reads the state that a run goes on from.
  ///
  /// - Parameter isCancelled: as for `init`.
  /// - Throws: `FileError`.
  package func load(
    into state: inout TrainingState, isCancelled: () -> Bool = { false }
  ) throws {
    (state.step, state.best, state.progress) = (step, best, progress)
    state.awaitsEvaluation = file.metadata[Self.pending.key] == Self.pending.value
    for (buffer, prefix) in zip(state.buffers, Self.prefixes(configuration)) {
      try buffer.load(from: file, prefix: prefix, isCancelled: isCancelled)
    }
  }

  /// The form of images that are read pixel by pixel, whose size is the `form`'s time steps; nil of
  /// other samples, and in checkpoints of earlier versions.
  private static func form(
    _ form: SampleForm, of file: SafetensorsFile, _ order: PixelOrder
  ) throws -> SampleForm? {
    guard order != .rows, let text = file.metadata["pixelsOfRow"] else { return nil }
    guard let width = Int(text), 1...form.steps ~= width, form.steps % width == 0 else {
      throw FileError(
        .malformed, path: file.path, reason: "its metadata's 'pixelsOfRow' is \(text.excerpt())",
        advice: advice)
    }
    return try SampleForm(steps: form.steps / width, features: width, isBytes: true)
      .read(in: order, from: file.path)
  }

  /// Writes the state of a run to `path`.
  ///
  /// - Throws: `FileError`.
  package static func write(
    _ state: TrainingState, _ configuration: Configuration, _ options: TrainingOptions,
    _ data: TrainingData, to path: String
  ) throws {
    let layout = state.parameters.layout
    let tensors = prefixes(configuration).flatMap { prefix in
      layout.entries.map { TensorDescription(name: prefix + $0.name, shape: $0.shape) }
    }
    let standardization = data.training.standardization
    let features = standardizationNames(configuration).map {
      TensorDescription(name: $0, shape: [data.training.form.features])
    }
    var metadata = [
      "format": format,
      "step": "\(state.step)",
      "epoch": "\(state.step / data.sampler.stepsPerEpoch)",
      "seed": "\(configuration.train.seed)",
      configuration.evaluation.criterion.bestKey:
        "\(state.best ?? configuration.evaluation.criterion.none)",
      "arithmetic": arithmetic(configuration.train.precision),
      "shuffled": "\(options.shuffles)",
      "imageHeight": "\(data.training.form.steps)",
      "imageWidth": "\(data.training.form.features)",
      "data": digest(of: data),
      "configuration": try configuration.yaml,
    ]
    // Of images, the metadata are those of earlier versions.
    if !data.training.form.isBytes { metadata["numbers"] = "floats" }
    if configuration.data.order != .rows {
      metadata["pixelsOfRow"] = "\(data.training.form.imageWidth)"
    }
    if data.training.form.hasLengths { metadata["lengths"] = "several" }
    if configuration.data.validation > 0 { metadata[progressKey] = try state.progress.text }
    if state.awaitsEvaluation { metadata[pending.key] = pending.value }
    var writer = try SafetensorsWriter(to: path, tensors: tensors + features, metadata: metadata)
    for buffer in state.buffers {
      for entry in layout.entries { try writer.append(buffer.values(of: entry).span) }
    }
    if let standardization, !features.isEmpty {
      try writer.append(standardization.means.span)
      try writer.append(standardization.deviations.span)
    }
    try writer.finish()
  }

  static func digest(of data: TrainingData) -> String {
    "\(data.training.digests)"
  }
}

extension Configuration.Evaluation.Criterion {
  /// The key of the metadata that has the best figure.
  fileprivate var bestKey: String {
    switch self {
    case .accuracy: "bestAccuracy"
    case .balancedAccuracy: "bestBalancedAccuracy"
    case .macroF1: "bestMacroF1"
    case .loss: "bestLoss"
    }
  }

  /// The number in place of the best figure where there is none.
  fileprivate var none: Double {
    switch self {
    case .accuracy, .balancedAccuracy, .macroF1: -1
    case .loss: .infinity
    }
  }
}

extension ParameterBuffer {
  fileprivate func load(
    from file: SafetensorsFile, prefix: String, isCancelled: () -> Bool = { false }
  ) throws {
    for entry in layout.entries {
      var values = [Float](repeating: 0, count: entry.count)
      var span = values.mutableSpan
      try file.readFloats(named: prefix + entry.name, into: &span, isCancelled: isCancelled)
      set(entry, to: values)
    }
  }
}

extension SafetensorsFile {
  /// Checks that the file has, under each prefix, the parameters of a layout in their shapes, some
  /// vectors of a number for each feature, and nothing else.
  ///
  /// - Throws: `FileError` that names the first tensor that is missing, too many, or different.
  fileprivate func requireShapes(
    of layout: ParameterLayout, prefixes: [String], _ vectors: [String], features: Int,
    advice: String
  ) throws(FileError) {
    let model = "the model of its configuration"
    let expected =
      prefixes.flatMap { prefix in
        layout.entries.map { (name: prefix + $0.name, shape: $0.shape) }
      } + vectors.map { (name: $0, shape: [features]) }
    for (name, shape) in expected {
      guard let found = entry(named: name) else {
        throw FileError(
          .noSuchTensor, path: path,
          reason: "it has no tensor \(name), which \(model) has", advice: advice)
      }
      guard found.shape == shape, found.dataType == .float32 else {
        throw FileError(
          .wrongShape, path: path,
          reason:
            "its tensor \(name) has the shape \(found.shape) of \(found.dataType.rawValue); "
            + "\(model) has \(shape) of F32", advice: advice)
      }
    }
    let known = Set(expected.map(\.name))
    if let stranger = names.first(where: { !known.contains($0) }) {
      throw FileError(
        .noSuchTensor, path: path,
        reason: "it has a tensor \(stranger), which \(model) has not", advice: advice)
    }
  }
}
