import Foundation
import Safetensors
import Testing
import TestSupport

@Suite("Writing safetensors")
struct SafetensorsWriterTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/model.safetensors"
  }

  let tensors: [(name: String, shape: [Int], values: [Float])] = [
    ("lstm.weight_ih_l0", [2, 3], [1, -0.0, .infinity, .leastNonzeroMagnitude, 0.1, -5]),
    ("empty", [4, 0], []),
    ("scalar", [], [42]),
    ("fc.bias", [1], [.pi]),
  ]

  @Test("What is written is read back, bit for bit, in the same order")
  func roundTrip() throws {
    let metadata = ["step": "600", "π \"\\\u{1}\n": "\u{1F600}/\t\u{7F}", "": ""]
    try SafetensorsFile.write(tensors: tensors, metadata: metadata, to: path)
    let file = try SafetensorsFile(path)
    #expect(file.names == tensors.map(\.name))
    #expect(file.metadata == metadata)
    #expect(file.digest != nil)
    for tensor in tensors {
      #expect(file.entry(named: tensor.name)?.shape == tensor.shape)
      #expect(file.entry(named: tensor.name)?.dataType == .float32)
      let values = try file.floats(named: tensor.name)
      #expect(values.map(\.bitPattern) == tensor.values.map(\.bitPattern))
    }
    #expect(try folder.names() == ["model.safetensors"])
  }

  @Test("A buffer of several tensors is written from one span, with the same bytes")
  func buffer() throws {
    try SafetensorsFile.write(tensors: tensors, to: path)
    let whole = try folder.read("model.safetensors")
    let buffer = tensors.flatMap(\.values)
    for cuts in [[0, 8], [0, 0, 3, 7, 8]] {
      var writer = try SafetensorsWriter(
        to: path, tensors: tensors.map { TensorDescription(name: $0.name, shape: $0.shape) })
      for (start, end) in zip(cuts, cuts.dropFirst()) {
        try writer.append(buffer.span.extracting(start..<end))
      }
      try writer.finish()
      #expect(try folder.read("model.safetensors") == whole)
    }
  }

  @Test("Values are read straight into a span of the right size, and no other")
  func readIntoSpan() throws {
    try SafetensorsFile.write(tensors: tensors, to: path)
    let file = try SafetensorsFile(path)
    var values = [Float](repeating: 0, count: 6)
    var span = values.mutableSpan
    try file.readFloats(named: "lstm.weight_ih_l0", into: &span)
    #expect(values == tensors[0].values)
    var other = [Float](repeating: 0, count: 5)
    var otherSpan = other.mutableSpan
    do {
      try file.readFloats(named: "lstm.weight_ih_l0", into: &otherSpan)
      Issue.record("five values were read of six")
    } catch {
      #expect(error.kind == .wrongShape)
    }
  }

  @Test("The data section starts at a multiple of 64 bytes, and metadata is sorted by key")
  func layout() throws {
    for length in 0..<70 {
      let metadata = ["z": "1", "a": String(repeating: "x", count: length)]
      try SafetensorsFile.write(tensors: tensors, metadata: metadata, to: path)
      let bytes = try folder.read("model.safetensors")
      let header = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
      #expect((8 + header) % 64 == 0)
      #expect(bytes.count == 8 + header + 32)
      let text = String(decoding: bytes[8..<8 + header], as: UTF8.self)
      #expect(text.hasPrefix("{\"__metadata__\":{\"a\":\""))
      #expect(text.contains("\",\"sha256\":\""))
    }
  }

  @Test("A writer that is given up leaves the old file and nothing else")
  func abandoned() throws {
    try folder.write([1, 2, 3], to: "model.safetensors")
    do {
      var writer = try SafetensorsWriter(
        to: path, tensors: [TensorDescription(name: "a", shape: [2])])
      try writer.append([1].span)
      #expect(try folder.names().count == 2)
    }
    #expect(try folder.names() == ["model.safetensors"])
    #expect(try folder.read("model.safetensors") == [1, 2, 3])
  }

  @Test("Too few or too many values are an error, and leave the old file and nothing else")
  func wrongCount() throws {
    try folder.write([1, 2, 3], to: "model.safetensors")
    let few = checkpointError {
      var writer = try SafetensorsWriter(
        to: path, tensors: [TensorDescription(name: "a", shape: [2])])
      try writer.append([1].span)
      try writer.finish()
    }
    #expect(few?.kind == .invalidContents)
    let many = checkpointError {
      var writer = try SafetensorsWriter(
        to: path, tensors: [TensorDescription(name: "a", shape: [2])])
      try writer.append([1, 2].span)
      try writer.append([3].span)
    }
    #expect(many?.kind == .invalidContents)
    #expect(try folder.names() == ["model.safetensors"])
    #expect(try folder.read("model.safetensors") == [1, 2, 3])
  }

  @Test("Names twice, impossible shapes and a digest of one's own are errors")
  func invalidContents() throws {
    let impossible: [[(name: String, shape: [Int], values: [Float])]] = [
      [("a", [1], [1]), ("a", [1], [1])],
      [("__metadata__", [1], [1])],
      [("a", [2], [1])],
      [("a", [-1], [])],
      [("a", [.max, .max], [])],
    ]
    for tensors in impossible {
      let error = checkpointError { try SafetensorsFile.write(tensors: tensors, to: path) }
      #expect(error?.kind == .invalidContents)
    }
    let sum = checkpointError {
      _ = try SafetensorsWriter(
        to: path, tensors: ["a", "b"].map { TensorDescription(name: $0, shape: [1 << 60]) })
    }
    #expect(sum?.kind == .invalidContents)
    let digest = checkpointError {
      try SafetensorsFile.write(tensors: [], metadata: ["sha256": "0"], to: path)
    }
    #expect(digest?.kind == .invalidContents)
    #expect(try folder.names().isEmpty)
  }

  @Test("A folder that is missing, or a name that is a folder's, is an error that leaves nothing")
  func unwritable() throws {
    let missing = checkpointError {
      try SafetensorsFile.write(tensors: tensors, to: folder.path + "/absent/model")
    }
    #expect(missing?.kind == .cannotWrite)
    #expect(missing?.description.contains("No such file") == true)
    #expect(missing?.description.contains("absent/model") == true)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    let taken = checkpointError { try SafetensorsFile.write(tensors: tensors, to: path) }
    #expect(taken?.kind == .cannotWrite)
    #expect(taken?.description.contains("it is a folder") == true)
    #expect(try folder.names() == ["model.safetensors"])
  }
}
