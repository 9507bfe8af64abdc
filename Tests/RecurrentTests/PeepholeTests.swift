import Foundation
import Recurrent
import Tensors
import Testing

/// The values of oneDNN's LSTM primitive with peepholes for one layer; Fixtures/make_peephole.cpp made them.
private struct PeepholeReference: Decodable {
  let steps, rows, inputSize, hiddenSize: Int
  /// `[T, N, I]`.
  let input: [Float]
  let parameters: [String: [Float]]
  /// `[N, H]`, of the last time step, and what its gradient is taken to be.
  let output, outputGradient: [Float]
  let gradients: [String: [Float]]
  /// `[T, N, I]`.
  let inputGradient: [Float]

  static func load() throws -> PeepholeReference {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/peephole.json")
    return try JSONDecoder().decode(PeepholeReference.self, from: Data(contentsOf: url))
  }
}

@Suite("Against oneDNN")
struct PeepholeTests {
  @Test("Outputs and gradients of a peephole LSTM are oneDNN's")
  func peepholes() throws {
    let reference = try PeepholeReference.load()
    let (n, units) = (reference.rows, reference.hiddenSize)
    // The linear layer passes the output on as it is.
    let shape = ClassifierShape(
      steps: reference.steps, inputSize: reference.inputSize, hiddenSize: units, layers: 1,
      classes: units, cell: .peephole)
    let parameters = try Arena(ParameterLayout(shape))
    #expect(
      Set(parameters.layout.entries.map(\.name))
        == Set(reference.parameters.keys).union(["fc.weight", "fc.bias", "lstm.bias_hh_l0"]))
    for (name, values) in reference.parameters { parameters[name] = values }
    parameters["fc.weight"] = (0..<units * units).map { $0 % (units + 1) == 0 ? 1 : 0 }

    let classifier = try RecurrentClassifier(shape, .float32, maximumRows: n, training: true)
    classifier.input(rows: n).set(reference.input)
    let weights = try ClassifierWeights(shape, .float32, training: true, inputGradient: true)
    weights.update(from: parameters)
    let output = classifier.forward(weights, rows: n)
    #expect(largestDifference(output.elements, reference.output) < 1e-6)

    let slope = try AlignedBuffer<Float>(count: n * units).matrix(n, units)
    slope.set(reference.outputGradient)
    let gradients = try Arena(parameters.layout)
    classifier.backward(weights, logitsGradient: slope, into: gradients)
    for (name, expected) in reference.gradients {
      #expect(largestDifference(gradients[name], expected) < 2e-6, "\(name)")
    }
    #expect(
      try largestDifference(
        classifier.inputGradient(weights, rows: n), reference.inputGradient) < 2e-6)
  }
}
