import Foundation
import Networks
import Tensors

/// PyTorch's values for a small classifier; Fixtures/make_reference.py made them.
struct Reference: Decodable {
  /// The names of the classifiers.
  static let names = ["lstm", "bilstm", "gru", "bigru"].flatMap { [$0, $0 + "-1-layer"] }
    .flatMap { [$0, "packed-" + $0] }

  struct Sizes: Decodable {
    let steps, rows, inputSize, hiddenSize, layers, classes: Int
    let cell: Cell
    let isBidirectional: Bool
    let readout: Readout
  }
  struct Adam: Decodable {
    let learningRate: Double
    let losses: [Float]
    let parameters: [String: [Float]]
  }
  struct SGD: Decodable {
    let learningRate, momentum, weightDecay: Double
    let nesterov: Bool
    let losses: [Float]
    let parameters: [String: [Float]]
  }
  private let shape: Sizes
  /// The time steps of each sequence, in any order; nil where all have T.
  private let lengths: [Int]?
  /// `[N, T, I]`, batch first.
  let input: [Float]
  private let labelsInOrder: [Int32]
  let parameters: [String: [Float]]
  private let logitsInOrder: [Float]
  let loss: Double
  let gradients: [String: [Float]]
  /// `[N, T, I]`, batch first.
  let inputGradient: [Float]
  let adam: Adam
  /// Without momentum, with it, and with Nesterov's.
  let sgd: [SGD]

  private enum CodingKeys: String, CodingKey {
    case shape, lengths, input, parameters, loss, gradients, inputGradient, adam, sgd
    case labelsInOrder = "labels"
    case logitsInOrder = "logits"
  }

  static func load(_ name: String) throws -> Reference {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/\(name).json")
    return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: url))
  }

  var rows: Int { shape.rows }

  var batch: BatchShape {
    lengths.map { lengths in BatchShape(lengths: order.map { lengths[$0] }) }
      ?? BatchShape(rows: shape.rows, steps: shape.steps)
  }

  /// The sequence of each row of a minibatch, the longest first.
  private var order: [Int] {
    guard let lengths else { return Array(0..<rows) }
    return (0..<rows).sorted { (lengths[$1], $0) < (lengths[$0], $1) }
  }

  /// The label of each row.
  var labels: [Int32] { order.map { labelsInOrder[$0] } }

  /// `[N, classes]`: the logits of each row.
  var logits: [Float] {
    order.flatMap { logitsInOrder[$0 * shape.classes..<($0 + 1) * shape.classes] }
  }

  var classifierShape: ClassifierShape {
    ClassifierShape(
      inputSize: shape.inputSize, hiddenSize: shape.hiddenSize,
      layers: shape.layers, classes: shape.classes, cell: shape.cell,
      isBidirectional: shape.isBidirectional, readout: shape.readout)
  }

  /// `[N, T, I]` to `[T, N, I]`, with the rows of a minibatch, and zero where a sequence has ended.
  func timeMajor(_ values: [Float]) -> [Float] {
    let (size, zeros) = (shape.inputSize, [Float](repeating: 0, count: shape.inputSize))
    var result: [Float] = []
    for t in 0..<shape.steps {
      for n in order {
        let start = (n * shape.steps + t) * size
        result += t < (lengths?[n] ?? shape.steps) ? Array(values[start..<start + size]) : zeros
      }
    }
    return result
  }
}

extension ParameterBuffer {
  init(_ shape: ClassifierShape, _ values: [String: [Float]]) throws {
    self = try ParameterBuffer(ParameterLayout(shape))
    for entry in layout.entries { self[entry.name] = values[entry.name] ?? [] }
  }

  subscript(name: String) -> [Float] {
    get { layout.entries.first { $0.name == name }.map(values) ?? [] }
    nonmutating set {
      guard let entry = layout.entries.first(where: { $0.name == name }) else { return }
      set(entry, to: newValue)
    }
  }
}

extension RecurrentClassifier {
  /// The loss and the gradients of `scale` times its sum, as a worker computes them.
  func lossAndGradients(
    _ parameters: ParameterBuffer, _ batch: BatchShape, labels: [Int32], scale: Float,
    into gradients: ParameterBuffer
  ) throws -> ClassificationResult {
    let weights = try PackedWeights(shape, kernels, training: true)
    weights.update(from: parameters)
    let result = loss(weights, batch, labels: labels.span, scale: scale)
    backward([BackwardPass(self, into: gradients)], weights) { _ in }
    return result
  }

  /// The gradient of the input, `[T * N, I]`, after `backward`.
  func inputGradient(_ weights: PackedWeights, _ batch: BatchShape) throws -> [Float] {
    let size = batch.rows * Kernels.padded(shape.inputSize)
    let x = try AlignedBuffer<Float>(count: size).matrix(1, size)
    var gradients: [Float] = []
    x.clear()
    inputGradients(weights, into: { _ in x }) { _ in
      gradients += x.rowMajor(rows: batch.rows, units: shape.inputSize)
      x.clear()
    }
    return gradients
  }
}

extension Matrix {
  func set(_ values: [Float]) {
    precondition(values.count == count)
    withMutableSpan { span in
      for index in values.indices { span[index] = values[index] }
    }
  }

  /// The elements of `[⌈units/V⌉][N][V]` as `[N, units]`.
  func rowMajor(rows: Int, units: Int) -> [Float] {
    let (values, lanes) = (elements, Kernels.blockWidth)
    return (0..<rows * units).map { index in
      let (row, unit) = index.quotientAndRemainder(dividingBy: units)
      return values[(unit / lanes * rows + row) * lanes + unit % lanes]
    }
  }

  /// Sets the elements of `[⌈units/V⌉][N][V]` to those of `[N, units]`.
  func setRowMajor(_ values: [Float], rows: Int, units: Int) {
    let lanes = Kernels.blockWidth
    withMutableSpan { span in
      for (index, value) in values.enumerated() {
        let (row, unit) = index.quotientAndRemainder(dividingBy: units)
        span[(unit / lanes * rows + row) * lanes + unit % lanes] = value
      }
    }
  }
}

/// The largest difference of two lists, or infinity if they differ in length.
func largestDifference<A: BinaryFloatingPoint, B: BinaryFloatingPoint>(_ a: [A], _ b: [B]) -> Double
{
  guard a.count == b.count else { return .infinity }
  return zip(a, b).map { abs(Double($0) - Double($1)) }.max() ?? 0
}
