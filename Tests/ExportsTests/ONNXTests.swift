import Datasets
import Exports
import Foundation
import Networks
import Tensors
import TestSupport
import Testing
import Training

/// A model and the samples that it is tried on.
private struct Trial: CustomStringConvertible {
  var cell = Cell.lstm
  var isBidirectional = false
  var readout = Readout.last
  var hasLengths = false
  var isBytes = false
  var features = FeatureSettings()

  var description: String {
    [
      cell.rawValue, isBidirectional ? "both" : "forward", readout.rawValue,
      hasLengths ? "lengths" : "equal", isBytes ? "bytes" : "floats", features.order.rawValue,
      features.normalization.rawValue, features.missing.rawValue,
    ].joined(separator: "-")
  }

  /// Writes the samples, the model and its probabilities of them to a folder.
  func write(to folder: String) throws {
    let (count, steps, inputs, classes) = (23, 11, 3, 4)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    func write(_ bytes: [UInt8], _ name: String) throws {
      try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
    var random = SplitMix64(state: 7)
    let lengths = (0..<count).map {
      $0 == 0 ? UInt8(steps) : .random(in: 1...UInt8(steps), using: &random)
    }
    if hasLengths { try write(npy("|u1", [count], lengths), "test-lengths.npy") }
    try write(npy("|u1", [count], (0..<count).map { UInt8($0 % classes) }), "test-y.npy")
    let size = count * steps * inputs
    if isBytes {
      let numbers = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
      try write(npy("|u1", [count, steps, inputs], numbers), "test-x.npy")
    } else {
      let numbers = (0..<size).map { index in
        features.missing != .error && index % 4 == 1
          ? Float.nan : Float.random(in: -3...5, using: &random)
      }
      try write(npy("<f4", [count, steps, inputs], bytes(numbers)), "test-x.npy")
    }

    var data = try ShardedDataset(
      directory: folder, part: .test, classes: classes, features: features)
    if features.normalization == .standard {
      data.standardization = try data.standardization { _ in }
    }
    let shape = ClassifierShape(
      inputSize: data.form.features, hiddenSize: 21, layers: 2, classes: classes, cell: cell,
      isBidirectional: isBidirectional, readout: readout)
    let parameters = try ParameterBuffer(ParameterLayout(shape))
    parameters.initialize(seed: 3)
    // Zeros, as which peepholes begin, would hide their order.
    for entry in parameters.layout.entries {
      parameters.set(
        entry, to: (0..<entry.count).map { _ in .random(in: -0.4...0.4, using: &random) })
    }
    let evaluator = try Evaluator(data, shape: shape, kernels: Kernels(.float32), threads: 1)
    let predictions = try evaluator.predict(parameters, samples: Array(0..<count)[...])
    try write(
      npy("<f4", [count, classes], bytes(predictions.probabilities)), "probabilities.npy")
    try ExportedModel(
      parameters, data.form, features, data.standardization, notes: [("classes", "[\"ä\"]")]
    ).writeONNX(to: "\(folder)/model.onnx")
  }
}

@Suite("A model in ONNX")
struct ONNXTests {
  /// All of its layers and readouts, and all ways to prepare numbers.
  private static let trials: [Trial] = {
    var trials: [Trial] = []
    for cell in Cell.allCases {
      for isBidirectional in [false, true] {
        for readout in Readout.allCases {
          for hasLengths in [false, true] {
            trials.append(
              Trial(
                cell: cell, isBidirectional: isBidirectional, readout: readout,
                hasLengths: hasLengths))
          }
        }
      }
    }
    for normalization in Normalization.allCases {
      for hasLengths in [false, true] {
        for missing in MissingValues.allCases where missing != .error || normalization != .none {
          trials.append(
            Trial(
              hasLengths: hasLengths,
              features: FeatureSettings(missing: missing, normalization: normalization)))
        }
        trials.append(
          Trial(
            hasLengths: hasLengths, isBytes: true,
            features: FeatureSettings(normalization: normalization)))
      }
      for order in [PixelOrder.pixels, .permuted] {
        trials.append(
          Trial(
            readout: .mean, isBytes: true,
            features: FeatureSettings(order: order, normalization: normalization)))
      }
    }
    return trials
  }()

  @Test(
    "ONNX Runtime gives the same logits to 1e-5 and the same classes, whatever the model and its data",
    .enabled(
      if: python != nil,
      "needs Python with onnxruntime, as launch/test installs it"))
  func runtime() throws {
    let folder = try TemporaryFolder()
    for trial in Self.trials { try trial.write(to: "\(folder.path)/\(trial)") }
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "compare_onnx.py").path
    let result = try run(#require(python), [script, folder.path], timeout: 120)
    #expect(result.succeeded, "\(result)")
    let lines = result.standardOutput.split(separator: "\n")
    #expect(lines.count == Self.trials.count)
    for line in lines {
      let words = line.split(separator: " ", maxSplits: 4)
      let differences = words[1...2].compactMap { Double($0) }
      #expect(differences.count == 2 && differences.allSatisfy { $0 < 1e-5 }, "\(line)")
      #expect(words[3] == "0" && words[4] == #"{"classes": "[\"\u00e4\"]"}"#, "\(line)")
    }
  }
}
