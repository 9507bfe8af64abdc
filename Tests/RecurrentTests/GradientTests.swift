import Recurrent
import Tensors
import TestSupport
import Testing

/// Gradients against central differences of a classifier in Float64: the differences are good to
/// about 1e-9, so the tolerance is that of the float gradients.
@Suite("Gradients")
struct GradientTests {
  static let shapes = [
    ClassifierShape(steps: 4, inputSize: 3, hiddenSize: 5, layers: 1, classes: 3),
    ClassifierShape(steps: 3, inputSize: 2, hiddenSize: 4, layers: 2, classes: 4),
    ClassifierShape(steps: 3, inputSize: 2, hiddenSize: 3, layers: 3, classes: 2),
    ClassifierShape(steps: 1, inputSize: 6, hiddenSize: 3, layers: 2, classes: 3),
  ]

  @Test("Every parameter's and input's gradient is the finite difference", arguments: shapes)
  func finiteDifferences(_ shape: ClassifierShape) throws {
    let labels: [Int32] = [1, 0]
    let n = labels.count
    var random = SplitMix64(state: 42)
    let parameters = try Arena(ParameterLayout(shape))
    parameters.all.set(
      parameters.all.elements.map { _ in Float.random(in: -0.8...0.8, using: &random) })
    let classifier = try LSTMClassifier(shape, maximumRows: n, training: true)
    let input = classifier.input(rows: n)
    input.set(input.elements.map { _ in Float.random(in: -1...1, using: &random) })

    let gradients = try Arena(parameters.layout)
    let inputGradient = try AlignedBuffer<Float>(count: input.count)
      .matrix(input.rows, input.columns)
    let logits = try classifier.forward(parameters, rows: n)
    let logitsGradient = try AlignedBuffer<Float>(count: logits.count).matrix(n, logits.columns)
    let result = softmaxCrossEntropy(logits, labels: labels.span, gradient: logitsGradient)
    try classifier.backward(
      parameters, rows: n, logitsGradient: logitsGradient, into: gradients,
      inputGradient: inputGradient)

    var reference = DoubleClassifier(
      shape: shape, parameters: [:], input: input.elements.map(Double.init), labels: labels)
    for entry in parameters.layout.entries {
      reference.parameters[entry.name] = parameters[entry.name].map(Double.init)
    }
    #expect(abs(result.lossSum - reference.lossSum()) < 1e-5)

    for entry in parameters.layout.entries {
      let expected = (0..<entry.range.count).map { index in
        difference(of: reference) { $0.parameters[entry.name]?[index] += $1 }
      }
      #expect(largestDifference(gradients[entry.name], expected) < 2e-6, "\(entry.name)")
    }
    let expected = reference.input.indices.map { index in
      difference(of: reference) { $0.input[index] += $1 }
    }
    #expect(largestDifference(inputGradient.elements, expected) < 2e-6)
  }

  private func difference(
    of classifier: DoubleClassifier, _ move: (inout DoubleClassifier, Double) -> Void
  ) -> Double {
    let step = 1e-5
    var (above, below) = (classifier, classifier)
    move(&above, step)
    move(&below, -step)
    return (above.lossSum() - below.lossSum()) / (2 * step)
  }
}
