import Networks
import Tensors
import Testing
import TestSupport

/// A sequence in two parts, with the state and its gradient carried over: truncated backpropagation
/// through time that is not truncated.
@Suite("The state between two parts of a sequence")
struct StateTests {
  @Test(
    "Two parts give the logits and the gradients of the whole",
    arguments: Cell.allCases, Precision.allCases)
  func parts(_ cell: Cell, _ precision: Precision) throws {
    let kernels = try Kernels(precision)
    let shape = ClassifierShape(inputSize: 19, hiddenSize: 37, layers: 2, classes: 5, cell: cell)
    let (n, steps) = (9, [3, 4])
    let whole = BatchShape(rows: n, steps: steps[0] + steps[1])
    let halves = steps.map { BatchShape(rows: n, steps: $0) }
    let labels = (0..<n).map { Int32($0 % shape.classes) }
    let parameters = try ParameterBuffer(ParameterLayout(shape))
    parameters.initialize(seed: 1)
    let weights = try PackedWeights(shape, kernels, training: true)
    weights.update(from: parameters)
    var random = SplitMix64(state: 5)
    let input = (0..<whole.steps * n * shape.inputSize).map { _ in
      Float.random(in: -1...1, using: &random)
    }

    let classifier = try RecurrentClassifier(shape, kernels, maximum: whole, training: true)
    classifier.input(whole).set(input)
    let logits = classifier.forward(weights, whole).elements
    _ = classifier.loss(weights, whole, labels: labels.span, scale: 1)
    let expected = try ParameterBuffer(parameters.layout)
    backward([BackwardPass(classifier, into: expected)], weights) { _ in }

    let parts = try halves.map {
      try RecurrentClassifier(shape, kernels, maximum: $0, training: true)
    }
    let count = halves[0].steps * n * shape.inputSize
    parts[0].input(halves[0]).set(Array(input[..<count]))
    parts[1].input(halves[1]).set(Array(input[count...]))
    _ = parts[0].forward(weights, halves[0])
    let state = try ClassifierState(shape, kernels, rows: n)
    state.copy(from: parts[0].finalState)
    #expect(parts[1].forward(weights, halves[1], initialState: state).elements == logits)

    // The loss is that of the second part alone, so that the first part's logits have no gradient.
    _ = parts[1].loss(weights, halves[1], labels: labels.span, scale: 1, initialState: state)
    let stateGradient = try ClassifierStateGradient(shape, rows: n)
    let sums = try halves.map { _ in try ParameterBuffer(parameters.layout) }
    backward(
      [BackwardPass(parts[1], into: sums[1], initialStateGradient: stateGradient)], weights
    ) { _ in }
    let none = try AlignedBuffer<Float>(count: logits.count).matrix(n, shape.classes)
    backward(
      [
        BackwardPass(
          parts[0], into: sums[0], logitsGradient: none, finalStateGradient: stateGradient)
      ], weights
    ) { _ in }
    sums[0].all.setToSum(sums[0].all, sums[1].all)
    for entry in parameters.layout.entries {
      let largest = expected[entry.name].map(abs).max() ?? 0
      let difference = largestDifference(sums[0][entry.name], expected[entry.name])
      let tolerance = precision == .float32 ? 1e-5 : 0.02
      #expect(largest > 0 && difference < tolerance * Double(largest), "\(entry.name)")
    }
  }

  @Test("An evaluator, which keeps no memory for gradients, carries the state over, too")
  func evaluation() throws {
    let shape = ClassifierShape(inputSize: 3, hiddenSize: 20, layers: 2, classes: 4)
    let (whole, half) = (BatchShape(rows: 5, steps: 6), BatchShape(rows: 5, steps: 3))
    let parameters = try ParameterBuffer(ParameterLayout(shape))
    parameters.initialize(seed: 2)
    let weights = try PackedWeights(shape, .float32, training: false)
    weights.update(from: parameters)
    let input = (0..<90).map { Float($0 % 11) / 11 }
    let classifier = try RecurrentClassifier(shape, .float32, maximum: whole, training: false)
    classifier.input(whole).set(input)
    let logits = classifier.forward(weights, whole).elements

    classifier.input(half).set(Array(input[..<45]))
    _ = classifier.forward(weights, half)
    let state = try ClassifierState(shape, .float32, rows: 5)
    state.copy(from: classifier.finalState)
    classifier.input(half).set(Array(input[45...]))
    #expect(classifier.forward(weights, half, initialState: state).elements == logits)
  }
}
