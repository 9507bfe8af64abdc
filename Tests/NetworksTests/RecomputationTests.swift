import Networks
import Tensors
import Testing
import TestSupport

/// States that are computed again, segment by segment, against those that are kept.
@Suite("States that are computed again")
struct RecomputationTests {
  static let shapes = Cell.allCases.flatMap { cell in
    [false, true].flatMap { isBidirectional in
      [1, 3].flatMap { layers in
        Readout.allCases.map { readout in
          ClassifierShape(
            inputSize: 5, hiddenSize: 21, layers: layers, classes: 3, cell: cell,
            isBidirectional: isBidirectional, readout: readout)
        }
      }
    }
  }

  /// Three segments, the last one short; sequences end in each, at their borders and between.
  private static let alike = BatchShape(rows: 6, steps: 150)
  private static let ragged = BatchShape(lengths: [
    150, 150, 131, 129, 128, 127, 100, 65, 64, 63, 1,
  ])

  /// A model with a minibatch's input, as two classifiers that differ in what they keep.
  private struct Pair {
    let parameters: ParameterBuffer
    let weights: PackedWeights
    let classifiers: [RecurrentClassifier]

    init(_ shape: ClassifierShape, _ kernels: Kernels, maximum: BatchShape) throws {
      parameters = try ParameterBuffer(ParameterLayout(shape))
      parameters.initialize(seed: 5)
      weights = try PackedWeights(shape, kernels, training: true)
      weights.update(from: parameters)
      classifiers = try [false, true].map {
        try RecurrentClassifier(
          shape, kernels, maximum: BatchShape(rows: maximum.rows, steps: maximum.steps),
          training: true, drops: true, recomputes: $0)
      }
    }

    /// Sets both inputs; what comes behind a sequence is no number.
    func setInputs(_ batch: BatchShape, seed: UInt64) {
      var random = SplitMix64(state: seed)
      let size = classifiers[0].shape.inputSize
      let values = (0..<batch.steps).flatMap { t in
        (0..<batch.rows).flatMap { row in
          (0..<size).map { _ in
            let value = Float.random(in: -1...1, using: &random)
            return t < batch.length(ofRow: row) ? value : .nan
          }
        }
      }
      for classifier in classifiers { classifier.input(batch).set(values) }
    }

    /// The losses and the gradients of both.
    func gradients(_ batch: BatchShape, dropout: Dropout?) throws -> [[Float]] {
      let labels = (0..<batch.rows).map { Int32($0 % classifiers[0].shape.classes) }
      return try classifiers.map { classifier in
        let result = classifier.loss(
          weights, batch, labels: labels.span, scale: 1, dropout: dropout)
        let gradient = try ParameterBuffer(parameters.layout)
        backward([BackwardPass(classifier, into: gradient)], weights) { _ in }
        return [Float(result.lossSum)] + gradient.all.elements
      }
    }
  }

  @Test(
    "The losses and the gradients are the same to the bit", arguments: Precision.allCases, shapes)
  func bits(_ precision: Precision, _ shape: ClassifierShape) throws {
    let kernels = try Kernels(precision)
    let pair = try Pair(shape, kernels, maximum: Self.ragged)
    for (batch, dropout) in [
      (Self.ragged, nil), (Self.alike, Dropout(probability: 0.3, seed: 1, step: 7, shard: 2)),
      // Fewer segments than there is memory for, and one alone.
      (BatchShape(lengths: [70, 64, 3]), nil), (BatchShape(rows: 3, steps: 9), nil),
      (Self.ragged, Dropout(probability: 0.3, seed: 1, step: 8, shard: 2)),
    ] {
      pair.setInputs(batch, seed: UInt64(batch.steps))
      let both = try pair.gradients(batch, dropout: dropout)
      #expect(both[0] == both[1] && both[0].allSatisfy(\.isFinite), "\(batch)")
      #expect(both[0].contains { $0 != 0 })
    }
  }

  @Test(
    "The states and their gradients at both ends are the same to the bit", arguments: Cell.allCases,
    [false, true])
  func states(_ cell: Cell, _ isBidirectional: Bool) throws {
    let shape = ClassifierShape(
      inputSize: 5, hiddenSize: 21, layers: 2, classes: 3, cell: cell,
      isBidirectional: isBidirectional, readout: .final)
    let (pair, batch) = (try Pair(shape, .float32, maximum: Self.alike), Self.alike)
    // The state after another minibatch begins this one, and the gradient of its state ends it.
    let first = BatchShape(rows: batch.rows, steps: 80)
    let labels = (0..<batch.rows).map { Int32($0 % 3) }
    let results = try pair.classifiers.map { classifier in
      pair.setInputs(first, seed: 3)
      _ = classifier.forward(pair.weights, first)
      let state = try ClassifierState(shape, .float32, rows: batch.rows)
      state.copy(from: classifier.finalState)
      pair.setInputs(batch, seed: 4)
      _ = classifier.loss(
        pair.weights, batch, labels: labels.span, scale: 1, initialState: state)
      let gradients = try ["final", "initial"].map { _ in
        try ClassifierStateGradient(shape, rows: batch.rows)
      }
      for part in gradients[0].layers.joined() {
        part.hidden.fill(0.25)
        part.cellState.fill(-0.5)
      }
      let gradient = try ParameterBuffer(pair.parameters.layout)
      backward(
        [
          BackwardPass(
            classifier, into: gradient, finalStateGradient: gradients[0],
            initialStateGradient: gradients[1])
        ], pair.weights
      ) { _ in }
      return gradient.all.elements
        + gradients[1].layers.joined().flatMap { $0.hidden.elements + $0.cellState.elements }
    }
    #expect(results[0] == results[1] && results[0].contains { $0 != 0 })
  }

  @Test(
    "The slope along each parameter's gradient is right over several segments",
    arguments: Cell.allCases, [false, true])
  func slopes(_ cell: Cell, _ isBidirectional: Bool) throws {
    let shape = ClassifierShape(
      inputSize: 2, hiddenSize: 3, layers: 2, classes: 3, cell: cell,
      isBidirectional: isBidirectional, readout: .mean)
    let batch = BatchShape(lengths: [140, 129, 70])
    let pair = try Pair(shape, .float32, maximum: batch)
    pair.setInputs(batch, seed: 9)
    let gradient = try pair.gradients(batch, dropout: nil)[1]
    let buffer = try ParameterBuffer(pair.parameters.layout)
    buffer.all.set(Array(gradient.dropFirst()))
    var reference = DoubleClassifier(
      shape: shape, parameters: [:],
      input: pair.classifiers[0].input(batch).elements.map { $0.isNaN ? 0 : Double($0) },
      labels: [0, 1, 2], lengths: (0..<3).map { batch.length(ofRow: $0) })
    for entry in pair.parameters.layout.entries {
      reference.parameters[entry.name] = pair.parameters[entry.name].map(Double.init)
    }
    for entry in pair.parameters.layout.entries {
      let values = buffer[entry.name].map(Double.init)
      let square = values.map { $0 * $0 }.reduce(0, +)
      let step = 1e-4 / square.squareRoot()
      let losses = [step, -step].map { step in
        var moved = reference
        for (index, value) in values.enumerated() {
          moved.parameters[entry.name]?[index] += step * value
        }
        return moved.lossSum()
      }
      let slope = (losses[0] - losses[1]) / (2 * step)
      #expect(square > 0 && abs(slope / square - 1) < 1e-4, "\(entry.name): \(slope), \(square)")
    }
  }

  @Test("Several passes report each bucket in its order, after all passes have its gradient")
  func report() throws {
    for isBidirectional in [false, true] {
      let shape = ClassifierShape(
        inputSize: 19, hiddenSize: 70, layers: 2, classes: 5, isBidirectional: isBidirectional)
      let batch = BatchShape(rows: 3, steps: 70)
      let pair = try Pair(shape, .float32, maximum: batch)
      let other = try Pair(shape, .float32, maximum: batch)
      pair.setInputs(batch, seed: 1)
      other.setInputs(batch, seed: 2)
      let expected = try [pair, other].map {
        try Array($0.gradients(batch, dropout: nil)[0].dropFirst())
      }
      let gradients = try [pair, other].map { try ParameterBuffer($0.parameters.layout) }
      for one in [pair, other] {
        _ = one.classifiers[1].loss(one.weights, batch, labels: [0, 1, 2].span, scale: 1)
      }
      let buckets = pair.parameters.layout.buckets
      var reported: [Int] = []
      var early = gradients.map { _ in [Float]() }
      var recomputed: [Int] = []
      backward(
        zip([pair, other], gradients).map { BackwardPass($0.classifiers[1], into: $1) },
        pair.weights
      ) { event in
        if case .recomputation(let layer) = event { recomputed.append(layer) }
        guard case .bucketComplete(let index) = event else { return }
        reported.append(index)
        for (number, gradient) in gradients.enumerated() {
          early[number] += gradient.all.columns(buckets[index].range).elements
        }
      }
      #expect(buckets.count > 2 && reported == Array(buckets.indices))
      #expect(early == expected)
      // The last of two segments is still there, and the top layer's backward direction is one step.
      #expect(recomputed == (isBidirectional ? [1, 1, 0, 0, 0, 0] : [0, 1, 0, 1]))
    }
  }

  @Test("An evaluator of long sequences has the logits of a training", arguments: shapes)
  func evaluation(_ shape: ClassifierShape) throws {
    let pair = try Pair(shape, .float32, maximum: Self.ragged)
    let classifier = try RecurrentClassifier(
      shape, .float32, maximum: BatchShape(rows: 11, steps: 150), training: false)
    for batch in [Self.ragged, Self.alike] {
      pair.setInputs(batch, seed: 6)
      let expected = pair.classifiers[0].forward(pair.weights, batch).elements
      let input = pair.classifiers[0].input(batch).elements
      classifier.input(batch).set(input)
      #expect(classifier.forward(pair.weights, batch).elements == expected)
    }
  }

  @Test("Segments cover all time steps, and there are about as many as each is long")
  func segments() {
    for steps in [1, 63, 64, 65, 784, 4096, 4097, 10_000, 20_000, 1_000_003] {
      let segments = TimeSegments(steps: steps)
      #expect(segments.flatMap { $0 }.elementsEqual(0..<steps))
      let root = Double(steps).squareRoot()
      #expect(Double(segments.count) <= root.rounded(.up))
      #expect(Double(segments.length) < max(65, root + 5))
    }
  }

  @Test("The memory grows with the root of the time steps, but for the input")
  func memory() throws {
    let shape = ClassifierShape(inputSize: 1, hiddenSize: 128, layers: 2, classes: 10)
    func floats(_ steps: Int, recomputes: Bool) -> Int {
      RecurrentClassifier.floatCount(
        shape, .float32, maximum: BatchShape(rows: 32, steps: steps), training: true,
        recomputes: recomputes) - 32 * steps
    }
    #expect(floats(40_000, recomputes: true) < 21 * floats(10_000, recomputes: true) / 10)
    #expect(floats(10_000, recomputes: true) * 50 < floats(10_000, recomputes: false))
  }
}
