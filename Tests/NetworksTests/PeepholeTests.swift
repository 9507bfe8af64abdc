import Foundation
import Networks
import Tensors
import Testing

/// The values of a stack of oneDNN's LSTM primitives with peepholes; Fixtures/make_peephole.cpp
/// made them.
struct PeepholeReference: Decodable, CustomTestStringConvertible {
  let steps, rows, inputSize, hiddenSize, layers: Int
  let isBidirectional: Bool
  /// `[T, N, I]`.
  let input: [Float]
  let parameters: [String: [Float]]
  /// `[N, D H]`, the final states of the top layer's directions, and what their gradient is taken
  /// to be.
  let output, outputGradient: [Float]
  let gradients: [String: [Float]]
  /// `[T, N, I]`.
  let inputGradient: [Float]

  static func loadAll() throws -> [PeepholeReference] {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/peephole.json")
    return try JSONDecoder().decode([PeepholeReference].self, from: Data(contentsOf: url))
  }

  var testDescription: String { "\(layers) layers, \(isBidirectional ? "both directions" : "one")" }
}

@Suite("Against oneDNN")
struct PeepholeTests {
  @Test(
    "Outputs and gradients of peephole LSTMs are oneDNN's",
    arguments: try PeepholeReference.loadAll())
  func peepholes(_ reference: PeepholeReference) throws {
    let (n, units) = (reference.rows, reference.hiddenSize * (reference.isBidirectional ? 2 : 1))
    // The linear layer passes the final states on as they are.
    let shape = ClassifierShape(
      inputSize: reference.inputSize, hiddenSize: reference.hiddenSize,
      layers: reference.layers, classes: units, cell: .peephole,
      isBidirectional: reference.isBidirectional, readout: .final)
    let parameters = try ParameterBuffer(ParameterLayout(shape))
    let names = Set(parameters.layout.entries.map(\.name))
    // oneDNN has one bias.
    let others = names.filter { $0.hasPrefix("fc.") || $0.hasPrefix("lstm.bias_hh_") }
    #expect(names.subtracting(others) == Set(reference.parameters.keys))
    for (name, values) in reference.parameters { parameters[name] = values }
    parameters["fc.weight"] = (0..<units * units).map { $0 % (units + 1) == 0 ? 1 : 0 }

    let batch = BatchShape(rows: n, steps: reference.steps)
    let classifier = try RecurrentClassifier(shape, .float32, maximum: batch, training: true)
    classifier.input(batch).set(reference.input)
    let weights = try PackedWeights(shape, .float32, training: true, inputGradient: true)
    weights.update(from: parameters)
    let output = classifier.forward(weights, batch)
    #expect(largestDifference(output.elements, reference.output) < 1e-6)

    let slope = try AlignedBuffer<Float>(count: n * units).matrix(n, units)
    slope.set(reference.outputGradient)
    let gradients = try ParameterBuffer(parameters.layout)
    backward([BackwardPass(classifier, into: gradients, logitsGradient: slope)], weights) { _ in }
    for (name, expected) in reference.gradients {
      #expect(largestDifference(gradients[name], expected) < 2e-6, "\(name)")
    }
    #expect(
      try largestDifference(
        classifier.inputGradient(weights, batch), reference.inputGradient) < 2e-6)
  }
}
