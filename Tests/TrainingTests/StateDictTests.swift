import Files
import Networks
import Safetensors
import Testing
import TestSupport
import Training

@Suite("Initial parameters from a state dict")
struct StateDictTests {
  let folder: TemporaryFolder
  let shape = ClassifierShape(inputSize: 3, hiddenSize: 2, layers: 2, classes: 4)

  init() throws { folder = try TemporaryFolder() }

  /// Writes the tensors of a model, each element a number of its own.
  private func write(
    _ shape: ClassifierShape, extra: [String] = [], name: (String) -> String = { $0 }
  ) throws -> String {
    let path = folder.path + "/model.safetensors"
    var number: Float = 0
    let tensors = ParameterLayout(shape).entries.map { entry in
      let values = (0..<entry.count).map { number + Float($0) }
      number += Float(entry.count)
      return (name: name(entry.name), shape: entry.shape, values: values)
    }
    try SafetensorsFile.write(
      tensors: tensors + extra.map { (name: $0, shape: [1], values: [1]) }, to: path)
    return path
  }

  private func load(_ path: String) throws -> ParameterBuffer {
    let buffer = try ParameterBuffer(ParameterLayout(shape))
    try buffer.load(from: path)
    return buffer
  }

  @Test(
    "The names that DDP, torch.compile and AveragedModel give are understood, in any order",
    arguments: [
      ("", ""), ("module.", ""), ("_orig_mod.", ""), ("module._orig_mod.", ""),
      ("_orig_mod.module.", ""), ("", "_orig_mod."), ("module.", "module._orig_mod."),
    ])
  func wrappers(front: String, inside: String) throws {
    let path = try write(shape, extra: ["n_averaged"]) { name in
      front + name.replacing(".", with: "." + inside)
    }
    let plain = try load(try write(shape))
    let wrapped = try load(path)
    for entry in plain.layout.entries {
      #expect(wrapped.values(of: entry) == plain.values(of: entry), "\(entry.name)")
    }
  }

  @Test("A file of other classes gives what fits, and leaves the linear layer as it is")
  func partial() throws {
    let other = ClassifierShape(inputSize: 3, hiddenSize: 2, layers: 2, classes: 9)
    let path = try write(other, extra: ["adam.exp_avg.fc.bias", "aux.bias"]) { "module." + $0 }
    let buffer = try ParameterBuffer(ParameterLayout(shape))
    buffer.initialize(seed: 3)
    let drawn = try ParameterBuffer(ParameterLayout(shape))
    drawn.initialize(seed: 3)
    let result = try buffer.loadFitting(from: path)
    #expect(result.drawn.map(\.name) == ["fc.weight", "fc.bias"])
    #expect(result.drawn.map(\.found) == [[9, 2], [9]])
    let there = try ParameterBuffer(ParameterLayout(other))
    try there.load(from: try write(other))
    for entry in buffer.layout.entries {
      if entry.name.hasPrefix("fc.") {
        #expect(buffer.values(of: entry) == drawn.values(of: entry), "\(entry.name)")
      } else {
        #expect(result.loaded.contains(entry.name))
        let its = try #require(there.layout.entries.first { $0.name == entry.name })
        #expect(buffer.values(of: entry) == there.values(of: its), "\(entry.name)")
      }
    }
  }

  @Test("A file of which nothing fits is an error")
  func nothingFits() throws {
    let path = try write(ClassifierShape(inputSize: 5, hiddenSize: 7, layers: 1, classes: 9))
    let buffer = try ParameterBuffer(ParameterLayout(shape))
    let error = #expect(throws: FileError.self) { try buffer.loadFitting(from: path) }
    #expect(error?.reason.contains("no tensor of the name and the shape") == true)
    #expect(error?.reason.contains("reads rows of 5 pixels") == true, "\(error?.reason ?? "")")
  }

  @Test("A parameter that is there with a wrapper and without is an error")
  func twice() throws {
    let path = try write(shape, extra: ["module.fc.bias"])
    let error = #expect(throws: FileError.self) { _ = try load(path) }
    #expect(error?.reason.contains("fc.bias twice") == true, "\(error?.reason ?? "")")
  }

  @Test("A file of another model is an error that says what to set")
  func otherModels() throws {
    func reason(_ shape: ClassifierShape) throws -> String {
      let path = try write(shape)
      return (#expect(throws: FileError.self) { _ = try load(path) })?.reason ?? ""
    }
    func shape(
      inputs: Int = 3, units: Int = 2, layers: Int = 2, classes: Int = 4,
      bidirectional: Bool = false
    ) -> ClassifierShape {
      ClassifierShape(
        inputSize: inputs, hiddenSize: units, layers: layers, classes: classes,
        isBidirectional: bidirectional)
    }
    let cases = [
      (shape(layers: 1), "no tensor lstm.weight_ih_l1", "set model.layers to 1, as in the file"),
      (shape(layers: 3), "has a tensor lstm.", "set model.layers to 3, as in the file"),
      (shape(units: 5, layers: 1), "fc.weight", "set model.layers to 1 and model.hidden to 5"),
      (shape(bidirectional: true), "fc.weight", "set model.bidirectional to true"),
      (shape(inputs: 7), "[8, 7]", "reads rows of 7 pixels, and the images have rows of 3"),
      (shape(classes: 9), "[9, 2]", "has 9 classes, and data.classes names 4"),
    ]
    for (shape, finding, advice) in cases {
      let reason = try reason(shape)
      #expect(reason.contains(finding) && reason.contains(advice), "\(reason)")
    }
    let other = #expect(throws: FileError.self) { _ = try load(write(shape()) { "net." + $0 }) }
    #expect(other?.reason.contains("name the model's layers lstm and fc") == true)
  }
}
