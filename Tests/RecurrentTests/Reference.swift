import Foundation
import Recurrent
import Tensors

/// PyTorch's values for a small classifier; Fixtures/make_reference.py made them.
struct Reference: Decodable {
  struct Sizes: Decodable {
    let steps, rows, inputSize, hiddenSize, layers, classes: Int
  }
  struct Adam: Decodable {
    let learningRate: Double
    let losses: [Float]
    let parameters: [String: [Float]]
  }
  private let shape: Sizes
  /// `[N, T, I]`, batch first.
  let input: [Float]
  let labels: [Int32]
  let parameters: [String: [Float]]
  let logits: [Float]
  let loss: Double
  let gradients: [String: [Float]]
  /// `[N, T, I]`, batch first.
  let inputGradient: [Float]
  let adam: Adam

  static func load() throws -> Reference {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/reference.json")
    return try JSONDecoder().decode(Reference.self, from: Data(contentsOf: url))
  }

  var rows: Int { shape.rows }

  var classifierShape: ClassifierShape {
    ClassifierShape(
      steps: shape.steps, inputSize: shape.inputSize, hiddenSize: shape.hiddenSize,
      layers: shape.layers, classes: shape.classes)
  }

  /// `[N, T, I]` to `[T, N, I]`.
  func timeMajor(_ values: [Float]) -> [Float] {
    (0..<shape.steps).flatMap { t in
      (0..<rows).flatMap { n in
        (0..<shape.inputSize).map { i in
          values[(n * shape.steps + t) * shape.inputSize + i]
        }
      }
    }
  }
}

extension Arena {
  init(_ shape: ClassifierShape, _ values: [String: [Float]]) throws {
    self = try Arena(ParameterLayout(shape))
    for entry in layout.entries { self[entry.name] = values[entry.name] ?? [] }
  }

  subscript(name: String) -> [Float] {
    get {
      layout.entries.first { $0.name == name }.map { entry in Array(all.elements[entry.range]) }
        ?? []
    }
    nonmutating set {
      guard let entry = layout.entries.first(where: { $0.name == name }) else { return }
      precondition(entry.range.count == newValue.count)
      buffer.withMutableSpan(entry.range) { span in
        for index in newValue.indices { span[index] = newValue[index] }
      }
    }
  }
}

extension Matrix {
  func set(_ values: [Float]) {
    precondition(values.count == count)
    withMutableSpan { span in
      for index in values.indices { span[index] = values[index] }
    }
  }
}

/// The largest difference of two lists, or infinity if they differ in length.
func largestDifference<A: BinaryFloatingPoint, B: BinaryFloatingPoint>(_ a: [A], _ b: [B]) -> Double
{
  guard a.count == b.count else { return .infinity }
  return zip(a, b).map { abs(Double($0) - Double($1)) }.max() ?? 0
}
