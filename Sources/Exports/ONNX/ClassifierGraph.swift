import Datasets
import Networks
import Tensors

/// The computation of a trained classifier as a graph of ONNX's operators: from the numbers as their
/// files have them to logits and probabilities.
///
/// Source: the operators' pages at <https://onnx.ai/onnx/operators/>.
struct ClassifierGraph {
  private let parameters: ParameterBuffer
  private let form: SampleForm
  private let features: FeatureSettings
  private let standardization: Standardization?
  private var graph = ONNXGraph("lockstep")

  private var shape: ClassifierShape { parameters.layout.shape }

  /// The graph of a model.
  ///
  /// - Parameters:
  ///   - form: that of the samples which it was trained on.
  ///   - standardization: that of the training set, where the features are standardized.
  static func make(
    _ parameters: ParameterBuffer, _ form: SampleForm, _ features: FeatureSettings,
    _ standardization: Standardization?
  ) -> ONNXGraph {
    var maker = ClassifierGraph(
      parameters: parameters, form: form, features: features, standardization: standardization)
    maker.build()
    return maker.graph
  }

  private init(
    parameters: ParameterBuffer, form: SampleForm, features: FeatureSettings,
    standardization: Standardization?
  ) {
    (self.parameters, self.form) = (parameters, form)
    (self.features, self.standardization) = (features, standardization)
  }

  /// The sequences on their way, and how many of their time steps count.
  private struct Sequences {
    /// `[N, T, F]`.
    var numbers: ONNXValue
    /// `[N]` as integers of 64 bits; nil if all time steps count.
    let lengths: ONNXValue?
    /// `[N, T, 1]`, true where a time step counts; nil if all do.
    var counts: ONNXValue?
  }

  private mutating func build() {
    var sequences = inputs()
    if form.isBytes {
      sequences.numbers = graph.node("Div", sequences.numbers, scalar(255))
    }
    normalize(&sequences)
    let recurrent = layers(sequences)
    let read = readout(recurrent, sequences)
    let logits = linear(read)
    graph.output(
      logits, as: "logits", .float, ["N", .number(shape.classes)], "the linear layer's outputs")
    graph.output(
      graph.node("Softmax", logits, attributes: ["axis": .int(-1)]), as: "probabilities", .float,
      ["N", .number(shape.classes)], "of the classes, in the order of the metadata's \"classes\"")
  }

  // The inputs.

  private mutating func inputs() -> Sequences {
    guard !form.isImage else {
      let (height, width) = (form.steps * form.features / form.imageWidth, form.imageWidth)
      let x = graph.input(
        "x", .float, ["N", .number(height), .number(width)], "images: pixels from 0 to 255")
      return Sequences(numbers: inOrder(x), lengths: nil)
    }
    let numbers = form.isBytes ? "numbers from 0 to 255" : "numbers as in the data set's files"
    let x = graph.input(
      "x", .float, ["N", "T", .number(form.features)], "sequences: \(numbers)")
    guard form.hasLengths else { return Sequences(numbers: x, lengths: nil) }
    let lengths = graph.input(
      "lengths", .int64, ["N"], "the time steps of each sequence that count, from 1 to T")
    let size = graph.node("Shape", x)
    let times = graph.node(
      "Range", integer(0), graph.node("Gather", size, integer(1)), integer(1))
    let counts = graph.node(
      "Less", graph.node("Unsqueeze", times, graph.constant([0])),
      graph.node("Unsqueeze", lengths, graph.constant([1])))
    return Sequences(
      numbers: x, lengths: lengths,
      counts: graph.node("Unsqueeze", counts, graph.constant([2])))
  }

  /// The pixels of images in the order in which the classifier reads them.
  private mutating func inOrder(_ images: ONNXValue) -> ONNXValue {
    guard form.order != .rows else { return images }
    let pixels = graph.node("Reshape", images, graph.constant([0, form.steps, 1]))
    guard form.order == .permuted else { return pixels }
    return graph.node(
      "Gather", pixels, graph.constant(PixelOrder.permutation(form.steps)),
      attributes: ["axis": .int(1)])
  }

  // The numbers.

  /// Normalizes the numbers, and puts others where some are missing, as `ShardedDataset.gather` does.
  private mutating func normalize(_ sequences: inout Sequences) {
    let numbers = sequences.numbers
    switch features.normalization {
    case .none: break
    case .standard:
      guard let standardization else { preconditionFailure("no standardization was given") }
      let size = [standardization.means.count]
      let distances = graph.node(
        "Sub", sequences.numbers, graph.constant(standardization.means, size))
      sequences.numbers = graph.node(
        "Mul", distances, graph.constant(standardization.scales, size))
    case .sample: standardizeEach(&sequences)
    }
    switch features.missing {
    case .error: break
    case .zero:
      sequences.numbers = graph.node(
        "Where", graph.node("IsNaN", numbers), scalar(0), sequences.numbers)
    case .previous: fillForward(&sequences)
    }
  }

  /// Brings each feature of each sequence to the mean 0 and the deviation 1.
  private mutating func standardizeEach(_ sequences: inout Sequences) {
    let numbers = graph.node("Cast", sequences.numbers, attributes: cast(.double))
    var counts = graph.node("Not", graph.node("IsNaN", sequences.numbers))
    if let mask = sequences.counts { counts = graph.node("And", counts, mask) }
    let zero = graph.constant(0.0)
    let axes = graph.constant([1])
    let count = graph.node(
      "Max",
      graph.node(
        "ReduceSum", graph.node("Cast", counts, attributes: cast(.double)), axes),
      graph.constant(1.0))
    let mean = graph.node(
      "Div",
      graph.node("ReduceSum", graph.node("Where", counts, numbers, zero), axes), count)
    let distance = graph.node("Where", counts, graph.node("Sub", numbers, mean), zero)
    let variance = graph.node(
      "Div",
      graph.node("ReduceSum", graph.node("Mul", distance, distance), axes), count)
    let center = graph.node("Cast", mean, attributes: cast(.float))
    let deviation = graph.node(
      "Cast", graph.node("Sqrt", variance), attributes: cast(.float))
    // A feature that hardly changes keeps its scale.
    let least = graph.node(
      "Max", scalar(.leastNormalMagnitude.nextDown),
      graph.node("Mul", graph.node("Abs", center), scalar(.ulpOfOne)))
    let scale = graph.node(
      "Where", graph.node("Greater", deviation, least), deviation, scalar(1))
    sequences.numbers = graph.node(
      "Mul", graph.node("Sub", sequences.numbers, center),
      graph.node("Reciprocal", scale))
  }

  /// Puts the feature's last number that is there where one is missing, and 0 before the first.
  private mutating func fillForward(_ sequences: inout Sequences) {
    var body = ONNXGraph("fill")
    let size: [ONNXSize] = ["N", .number(form.features)]
    let last = body.input("last", .float, size)
    let next = body.input("next", .float, size)
    let filled = body.node("Where", body.node("IsNaN", next), last, next)
    body.output(filled, as: "kept", .float, size)
    body.output(filled, as: "filled", .float, size)
    // Zeros in the shape of a time step.
    let first = graph.node(
      "Gather", sequences.numbers, integer(0), attributes: ["axis": .int(1)])
    let zeros = graph.node(
      "Expand", scalar(0), graph.node("Shape", first))
    sequences.numbers =
      graph.node(
        "Scan", [zeros, sequences.numbers], outputs: 2,
        [
          "body": .graph(body), "num_scan_inputs": .int(1), "scan_input_axes": .ints([1]),
          "scan_output_axes": .ints([1]),
        ])[1]
  }

  // The recurrent layers.

  /// The outputs of the top layer: of all time steps `[T, D, N, H]`, and the final states `[D, N, H]`.
  private mutating func layers(_ sequences: Sequences) -> (all: ONNXValue, final: ONNXValue) {
    let lengths = sequences.lengths.map { graph.node("Cast", $0, attributes: cast(.int32)) }
    var input = graph.node(
      "Transpose", sequences.numbers, attributes: ["perm": .ints([1, 0, 2])])
    var outputs = (all: input, final: input)
    for layer in 0..<shape.layers {
      if layer > 0 { input = joined(outputs.all) }
      let values = graph.node(
        shape.cell == .gru ? "GRU" : "LSTM",
        [input] + weights(ofLayer: layer) + [lengths ?? .none] + peepholes(ofLayer: layer),
        outputs: 2, attributes)
      outputs = (values[0], values[1])
    }
    return outputs
  }

  private var attributes: [String: ONNXAttribute] {
    var attributes: [String: ONNXAttribute] = [
      "hidden_size": .int(shape.hiddenSize),
      "direction": .string(shape.isBidirectional ? "bidirectional" : "forward"),
    ]
    // The reset gate after the product, as PyTorch has it.
    if shape.cell == .gru { attributes["linear_before_reset"] = .int(1) }
    return attributes
  }

  /// The outputs `[T, D, N, H]` of all time steps as `[T, N, D H]`.
  private mutating func joined(_ outputs: ONNXValue) -> ONNXValue {
    let rows = graph.node("Transpose", outputs, attributes: ["perm": .ints([0, 2, 1, 3])])
    return graph.node("Reshape", rows, graph.constant([0, 0, shape.outputSize]))
  }

  /// W `[D, G H, I]`, R `[D, G H, H]` and B `[D, 2 G H]` of a layer.
  private mutating func weights(ofLayer layer: Int) -> [ONNXValue] {
    let (directions, units, inputs) = (
      shape.directions, shape.hiddenSize, shape.inputSize(ofLayer: layer)
    )
    let rows = shape.cell.gates * units
    func gathered(_ parts: [String]) -> [Float] {
      (0..<directions).flatMap { direction in
        parts.flatMap { gates(values("\($0)_l\(layer)", direction)) }
      }
    }
    return [
      graph.constant(
        gathered(["weight_ih"]), [directions, rows, inputs], name: "W\(layer)"),
      graph.constant(gathered(["weight_hh"]), [directions, rows, units], name: "R\(layer)"),
      graph.constant(
        gathered(["bias_ih", "bias_hh"]), [directions, 2 * rows], name: "B\(layer)"),
    ]
  }

  /// The initial states, which are left out, and P `[D, 3 H]` of a layer; nothing if it has none.
  private mutating func peepholes(ofLayer layer: Int) -> [ONNXValue] {
    guard shape.cell == .peephole else { return [] }
    let weights = (0..<shape.directions).flatMap { direction in
      // ONNX has them in the order of the input, the output and the forget gate.
      ["weight_ci", "weight_co", "weight_cf"].flatMap { values("\($0)_l\(layer)", direction) }
    }
    return [
      .none, .none,
      graph.constant(weights, [shape.directions, 3 * shape.hiddenSize], name: "P\(layer)"),
    ]
  }

  /// The rows of each gate in ONNX's order: i, o, f, c for PyTorch's i, f, g, o, and z, r, h for its
  /// r, z, n.
  private func gates(_ rows: [Float]) -> [Float] {
    let size = rows.count / shape.cell.gates
    let order = shape.cell == .gru ? [1, 0, 2] : [0, 3, 1, 2]
    return order.flatMap { rows[$0 * size..<($0 + 1) * size] }
  }

  private func values(_ name: String, _ direction: Int) -> [Float] {
    values(of: "\(shape.cell.layerName).\(name)" + (direction == 0 ? "" : "_reverse"))
  }

  private func values(of name: String) -> [Float] {
    guard let entry = parameters.layout.entries.first(where: { $0.name == name }) else {
      preconditionFailure("the model has no parameter \(name)")
    }
    return parameters.values(of: entry)
  }

  // The readout and the linear layer.

  /// The input of the linear layer, `[N, D H]`, as `Readout` defines it.
  private mutating func readout(
    _ outputs: (all: ONNXValue, final: ONNXValue), _ sequences: Sequences
  ) -> ONNXValue {
    switch shape.readout {
    case .final: return states(outputs.final)
    case .last:
      guard shape.isBidirectional else { return states(outputs.final) }
      let forward = graph.node("Gather", outputs.final, integer(0))
      return graph.node(
        "Concat", forward, lastBackward(outputs.all, sequences.lengths),
        attributes: ["axis": .int(1)])
    case .mean, .max: return pooled(joined(outputs.all), sequences)
    }
  }

  /// The final states `[D, N, H]` as `[N, D H]`.
  private mutating func states(_ states: ONNXValue) -> ONNXValue {
    let rows = graph.node("Transpose", states, attributes: ["perm": .ints([1, 0, 2])])
    return graph.node("Reshape", rows, graph.constant([0, shape.outputSize]))
  }

  /// The backward direction's output of each sequence's last time step, `[N, H]`.
  private mutating func lastBackward(_ outputs: ONNXValue, _ lengths: ONNXValue?) -> ONNXValue {
    let backward = graph.node("Gather", outputs, integer(1), attributes: ["axis": .int(1)])
    guard let lengths else {
      return graph.node("Gather", backward, integer(-1))
    }
    let rows = graph.node(
      "Range", integer(0),
      graph.node("Gather", graph.node("Shape", lengths), integer(0)), integer(1))
    let axis = graph.constant([1])
    let places = graph.node(
      "Concat", graph.node("Unsqueeze", graph.node("Sub", lengths, integer(1)), axis),
      graph.node("Unsqueeze", rows, axis), attributes: ["axis": .int(1)])
    return graph.node("GatherND", backward, places)
  }

  /// The mean or the largest of each output `[T, N, D H]` over the time steps that count.
  private mutating func pooled(_ outputs: ONNXValue, _ sequences: Sequences) -> ONNXValue {
    let isMean = shape.readout == .mean
    let overTime: [String: ONNXAttribute] = ["axes": .ints([0]), "keepdims": .int(0)]
    guard let counts = sequences.counts, let lengths = sequences.lengths else {
      return graph.node(isMean ? "ReduceMean" : "ReduceMax", outputs, attributes: overTime)
    }
    let mask = graph.node("Transpose", counts, attributes: ["perm": .ints([1, 0, 2])])
    let shown = graph.node("Where", mask, outputs, scalar(isMean ? 0 : -.infinity))
    guard isMean else { return graph.node("ReduceMax", shown, attributes: overTime) }
    let sum = graph.node(
      "ReduceSum", shown, graph.constant([0]), attributes: ["keepdims": .int(0)])
    let count = graph.node(
      "Unsqueeze", graph.node("Cast", lengths, attributes: cast(.float)), graph.constant([1]))
    return graph.node("Div", sum, count)
  }

  /// The logits `[N, C]`.
  private mutating func linear(_ values: ONNXValue) -> ONNXValue {
    graph.node(
      "Gemm", values,
      graph.constant(
        self.values(of: "fc.weight"), [shape.classes, shape.outputSize], name: "fc.weight"),
      graph.constant(self.values(of: "fc.bias"), [shape.classes], name: "fc.bias"),
      attributes: ["transB": .int(1)])
  }

  // Constants.

  private mutating func integer(_ value: Int) -> ONNXValue { graph.constant([value], []) }
  private mutating func scalar(_ value: Float) -> ONNXValue { graph.constant([value], []) }
  private func cast(_ type: ONNXType) -> [String: ONNXAttribute] { ["to": .int(type.rawValue)] }
}
