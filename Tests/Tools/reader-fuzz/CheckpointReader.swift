import Configuration
import Files
import Foundation
import Networks
import Safetensors
import Tensors
import Training

/// Checkpoints of Lockstep, whose digests are right and whose metadata and tensors lie.
struct CheckpointReader: FuzzedReader {
  private let folder: String
  private let metadata: [String: String]
  private let tensors: [(name: String, shape: [Int], values: [Float])]
  let seeds: [[UInt8]]

  init(folder: String) throws {
    self.folder = folder
    var configuration = Configuration()
    configuration.model.hidden = 2
    configuration.model.layers = 1
    configuration.data.classes = ["a", "b"]
    metadata = [
      "format": "lockstep 1", "step": "600", "epoch": "1", "seed": "0", "shuffled": "true",
      "imageHeight": "3", "imageWidth": "2", "data": "none", "bestAccuracy": "0.5",
      "arithmetic": "any",
      "configuration": try configuration.yaml,
    ]
    let layout = ParameterLayout(configuration.classifierShape(inputSize: 2))
    tensors = ["", "adam.exp_avg.", "adam.exp_avg_sq."].flatMap { prefix in
      layout.entries.map {
        (prefix + $0.name, $0.shape, [Float](repeating: 0.5, count: $0.count))
      }
    }
    let path = folder + "/seed"
    try SafetensorsFile.write(tensors: tensors, metadata: metadata, to: path)
    seeds = [Array(try Data(contentsOf: URL(filePath: path)))]
  }

  mutating func makeInput(_ random: inout InputGenerator) -> [UInt8] {
    var (metadata, tensors) = (metadata, tensors)
    switch random.below(10) {
    case 0:
      var bytes = seeds[0]
      for _ in 0..<1 + random.below(3) { mutateBlindly(&bytes, &random) }
      return random.once(in: 2) ? sealed(bytes) : bytes
    case 1, 2:
      for _ in 0..<1 + random.below(2) { mutateTensor(&tensors, &random) }
    case 3, 4, 5:
      metadata["configuration"] = mutatedYAML(
        Array(metadata["configuration", default: ""].utf8), &random
      )
      .map { String(decoding: $0, as: UTF8.self) }
    default:
      for _ in 0..<1 + random.below(2) { mutateMetadata(&metadata, &random) }
    }
    if random.once(in: 5) { mutateMetadata(&metadata, &random) }
    return Self.encode(tensors, metadata)
  }

  func read(_ path: String, _ random: inout InputGenerator) throws {
    if random.once(in: 2) {
      _ = try LoadedModel(checkpoint: path)
    } else {
      _ = try inspectionLines(of: path)
    }
  }

  static func isRefusal(_ error: any Error) -> Bool {
    error is FileError || error is TensorError
  }

  private func mutateMetadata(_ metadata: inout [String: String], _ random: inout InputGenerator) {
    let key = random.pick(metadata.keys.sorted())
    switch random.below(6) {
    case 0: metadata[key] = nil
    case 1: metadata[key] = metadata[random.pick(metadata.keys.sorted())]
    case 2:
      let (key, value) = random.pick([("hidden", 2), ("layers", 1), ("shards", 4), ("batch", 100)])
      metadata["configuration"] = metadata["configuration"]?.replacing(
        "\(key): \(value)", with: "\(key): \(random.pick(extremeTexts))")
    default: metadata[key] = random.pick(extremeTexts)
    }
  }

  private func mutateTensor(
    _ tensors: inout [(name: String, shape: [Int], values: [Float])],
    _ random: inout InputGenerator
  ) {
    let index = random.below(tensors.count)
    switch random.below(6) {
    case 0: tensors.remove(at: index)
    case 1:
      tensors.append(
        (tensors[index].name + "_reverse", tensors[index].shape, tensors[index].values))
    case 2:
      tensors[index].name = random.pick([
        "", "fc", "__metadata__", "fc.bias", "a\nb", tensors[index].name + "0",
      ])
    case 3: tensors[index].shape.reverse()
    case 4: tensors[index].shape.append(1)
    default: tensors.swapAt(index, random.below(tensors.count))
    }
    if tensors.isEmpty { tensors = self.tensors }
  }

  /// The bytes of a file that the reader of safetensors accepts, or nearly.
  private static func encode(
    _ tensors: [(name: String, shape: [Int], values: [Float])], _ metadata: [String: String]
  ) -> [UInt8] {
    var offset = 0
    let digest = ["sha256": String(repeating: "0", count: 64)]
    let pairs = metadata.merging(digest) { given, _ in given }.sorted { $0.key < $1.key }
    var header =
      "{\"__metadata__\":{"
      + pairs.map { "\(quoted($0.key)):\(quoted($0.value))" }.joined(separator: ",") + "}"
    for tensor in tensors {
      let end = offset + 4 * tensor.values.count
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      header += ",\(quoted(tensor.name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],"
      header += "\"data_offsets\":[\(offset),\(end)]}"
      offset = end
    }
    let values = tensors.flatMap(\.values)
    return sealed(
      safetensors(Array("\(header)}".utf8), data: values.withUnsafeBytes { Array($0) }))
  }

  /// The text as JSON, with every control character escaped.
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case "\0"..<" ": quoted += String(format: "\\u%04x", scalar.value)
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
