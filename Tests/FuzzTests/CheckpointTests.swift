import Configuration
import Files
import Foundation
import Networks
import Safetensors
import Testing
import Training

@Suite("Checkpoints that lie")
struct CheckpointTests {
  struct Lie: Sendable, CustomTestStringConvertible {
    let key: String
    let value: String
    let message: String
    var testDescription: String { "\(key): \(value)" }
  }

  /// A file under a valid digest, of tensors of two hidden units.
  private func read(_ changes: [String: String]) throws {
    var configuration = Configuration()
    configuration.model.hidden = 2
    configuration.model.layers = 1
    let metadata = [
      "format": "lockstep 1", "step": "600", "epoch": "1", "seed": "0", "shuffled": "true",
      "imageHeight": "3", "imageWidth": "2", "data": "none", "bestAccuracy": "0.5",
      "arithmetic": "any",
      "configuration": try configuration.yaml,
    ]
    let layout = ParameterLayout(configuration.classifierShape(inputSize: 2))
    let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try SafetensorsFile.write(
      tensors: ["", "adam.exp_avg.", "adam.exp_avg_sq."].flatMap { prefix in
        layout.entries.map {
          (prefix + $0.name, $0.shape, [Float](repeating: 0, count: $0.count))
        }
      }, metadata: metadata.merging(changes) { _, lie in lie }, to: path)
    _ = try LoadedModel(checkpoint: path)
  }

  static let lies = [
    Lie(key: "step", value: "9223372036854775807", message: "'step' is no number"),
    Lie(key: "step", value: "-1", message: "'step' is no number"),
    Lie(key: "epoch", value: "1e3", message: "'epoch' is no number"),
    Lie(key: "imageHeight", value: "9223372036854775807", message: "'imageHeight' is no number"),
    Lie(key: "imageWidth", value: "1099511627776", message: "image size is [3, 1099511627776]"),
    Lie(key: "imageWidth", value: "1048576", message: "has the shape [8, 2]"),
    Lie(key: "bestAccuracy", value: "high", message: "'bestAccuracy' is no number"),
    Lie(key: "progress", value: "{}", message: "'progress' is none of a training"),
    Lie(
      key: "progress",
      value:
        #"{"plateau":{"evaluationsSince":0},"reductions":-1,"stopping":{"evaluationsSince":0}}"#,
      message: "'progress' is none of a training"),
    Lie(
      key: "progress",
      value:
        #"{"plateau":{"evaluationsSince":0},"reductions":1,"stopping":{"evaluationsSince":-1}}"#,
      message: "'progress' is none of a training"),
    Lie(key: "format", value: "lockstep 999", message: "format"),
    Lie(key: "configuration", value: "model: {hidden: 65536}", message: "has the shape"),
    Lie(key: "configuration", value: "model: {hidden: 4294967296}", message: "model.hidden is 4"),
    Lie(
      key: "configuration", value: "model: {hidden: 2, layers: 64}",
      message: "has no tensor lstm.weight_ih_l63"),
    Lie(
      key: "configuration", value: "model: {hidden: 1:1:1:1:1:1:1:1:1:1:1:1}",
      message: "model.hidden"),
  ]

  @Test("A checkpoint whose metadata lie is an error that names the lie", arguments: lies)
  func metadata(_ lie: Lie) throws {
    try read([:])
    let error = #expect(throws: FileError.self) { try read([lie.key: lie.value]) }
    #expect(
      error?.description.contains(lie.message) == true,
      "\(error?.description ?? "") lacks \(lie.message)")
  }
}
