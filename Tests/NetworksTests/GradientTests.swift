import Networks
import Random
import Tensors
import Testing
import TestSupport

/// Gradients against central differences of a classifier in Float64: the differences are good to
/// about 1e-9, so the tolerance is that of the float gradients.
@Suite("Gradients")
struct GradientTests {
  static let models = Cell.allCases.flatMap { cell in
    [false, true].flatMap { isBidirectional in
      [(4, 3, 5, 1, 3), (3, 2, 4, 2, 4), (3, 2, 3, 3, 2), (1, 6, 3, 2, 3)].flatMap {
        steps, inputs, hidden, layers, classes in
        Readout.allCases.filter { isBidirectional || $0 != .final }.map { readout in
          let shape = ClassifierShape(
            inputSize: inputs, hiddenSize: hidden, layers: layers, classes: classes, cell: cell,
            isBidirectional: isBidirectional, readout: readout)
          return (shape, steps)
        }
      }
    }
  }

  enum Sequences: CaseIterable { case alike, withState, ofSeveralLengths }

  @Test(
    "Every parameter's, input's and initial state's gradient is the finite difference",
    arguments: models, Sequences.allCases)
  func finiteDifferences(
    _ model: (shape: ClassifierShape, steps: Int), _ sequences: Sequences
  ) throws {
    let (shape, hasState) = (model.shape, sequences == .withState)
    let (one, labels): (Int, [Int32]) = ((model.steps + 1) / 2, [1, 0, 1])
    let batch = BatchShape(
      lengths: sequences == .ofSeveralLengths
        ? [model.steps, one, one] : Array(repeating: model.steps, count: labels.count))
    // Of these numbers no two outputs are so nearly the largest that `max` has no derivative.
    var random = SplitMix64(state: 43)
    let parameters = try ParameterBuffer(ParameterLayout(shape))
    for entry in parameters.layout.entries {
      parameters.set(
        entry, to: (0..<entry.count).map { _ in Float.random(in: -0.8...0.8, using: &random) })
    }
    let classifier = try RecurrentClassifier(shape, .float32, maximum: batch, training: true)
    let input = classifier.input(batch)
    input.set(input.elements.map { _ in Float.random(in: -1...1, using: &random) })
    let lengths = labels.indices.map { batch.length(ofRow: $0) }
    let state = DoubleState.random(shape, rows: batch.rows, using: &random)
    let initialState = try ClassifierState(shape, .float32, rows: batch.rows)
    try initialState.set(to: state, shape, rows: batch.rows)
    let stateGradient = try ClassifierStateGradient(shape, rows: batch.rows)

    let gradients = try ParameterBuffer(parameters.layout)
    let weights = try PackedWeights(shape, .float32, training: true, inputGradient: true)
    weights.update(from: parameters)
    let result = classifier.loss(
      weights, batch, labels: labels.span, scale: 1, initialState: hasState ? initialState : nil)
    backward(
      [
        BackwardPass(
          classifier, into: gradients,
          initialStateGradient: batch.lengthsDiffer ? nil : stateGradient)
      ], weights
    ) { _ in }

    var reference = DoubleClassifier(
      shape: shape, parameters: [:], input: input.elements.map(Double.init), labels: labels,
      lengths: lengths)
    if hasState { reference.initialState = state }
    for entry in parameters.layout.entries {
      reference.parameters[entry.name] = parameters[entry.name].map(Double.init)
    }
    #expect(abs(result.lossSum - reference.lossSum()) < 1e-5)

    for entry in parameters.layout.entries {
      let expected = (0..<entry.count).map { index in
        difference(of: reference) { $0.parameters[entry.name]?[index] += $1 }
      }
      #expect(largestDifference(gradients[entry.name], expected) < 2e-6, "\(entry.name)")
    }
    let expected = reference.input.indices.map { index in
      difference(of: reference) { $0.input[index] += $1 }
    }
    #expect(try largestDifference(classifier.inputGradient(weights, batch), expected) < 2e-6)

    guard !batch.lengthsDiffer else { return }
    for (layer, directions) in stateGradient.layers.enumerated() {
      for (direction, gradient) in directions.enumerated() {
        let expected = reference.initialState[layer][direction]
        func difference(_ path: WritableKeyPath<DoubleState, [Double]>) -> [Double] {
          expected[keyPath: path].indices.map { index in
            self.difference(of: reference) {
              $0.initialState[layer][direction][keyPath: path][index] += $1
            }
          }
        }
        let (hidden, cell) = (
          gradient.hidden.rowMajor(rows: batch.rows, units: shape.hiddenSize),
          gradient.cellState.rowMajor(rows: batch.rows, units: shape.hiddenSize)
        )
        if shape.cell == .gru {
          #expect(largestDifference(zip(hidden, cell).map(+), difference(\.hidden)) < 2e-6)
        } else {
          #expect(largestDifference(hidden, difference(\.hidden)) < 2e-6)
          #expect(largestDifference(cell, difference(\.cell)) < 2e-6)
        }
      }
    }
  }

  /// Shapes and rows that leave part of every register tile and panel empty. The difference is
  /// taken along the gradient, where it is largest: the square of its norm.
  @Test(
    "The slope along each parameter's gradient is right at odd sizes, with bf16 to its precision",
    arguments: Precision.allCases,
    Cell.allCases.flatMap { cell in
      [1, 2, 8, 9, 11, 26].map { (cell, false, $0, false) }
        + [3, 8].map { (cell, true, $0, false) }
        + [5, 13].flatMap { rows in [false, true].map { (cell, $0, rows, true) } }
    })
  func slopes(
    _ precision: Precision,
    _ model: (cell: Cell, isBidirectional: Bool, rows: Int, lengthsDiffer: Bool)
  ) throws {
    let n = model.rows
    let batch = BatchShape(
      lengths: (0..<n).map { model.lengthsDiffer ? 4 - $0 * 4 / n : 3 })
    let shape = ClassifierShape(
      inputSize: 19, hiddenSize: 37, layers: 2, classes: 70, cell: model.cell,
      isBidirectional: model.isBidirectional, readout: .final)
    let kernels = try Kernels(precision)
    var random = SplitMix64(state: 7)
    let labels = (0..<n).map { Int32($0 * 13 % shape.classes) }
    let parameters = try ParameterBuffer(ParameterLayout(shape))
    for entry in parameters.layout.entries {
      parameters.set(
        entry, to: (0..<entry.count).map { _ in Float.random(in: -0.3...0.3, using: &random) })
    }
    let classifier = try RecurrentClassifier(shape, kernels, maximum: batch, training: true)
    let input = classifier.input(batch)
    input.set(input.elements.map { _ in Float.random(in: -1...1, using: &random) })
    let gradients = try ParameterBuffer(parameters.layout)
    let result = try classifier.lossAndGradients(
      parameters, batch, labels: labels, scale: 1, into: gradients)

    var reference = DoubleClassifier(
      shape: shape, parameters: [:], input: input.elements.map(Double.init), labels: labels,
      lengths: (0..<n).map { batch.length(ofRow: $0) })
    for entry in parameters.layout.entries {
      reference.parameters[entry.name] = parameters[entry.name].map(Double.init)
    }
    let tolerance = precision == .float32 ? 2e-5 : 0.03
    let loss = reference.lossSum()
    #expect(abs(result.lossSum - loss) < tolerance * loss / 10)
    for entry in parameters.layout.entries {
      let gradient = gradients[entry.name].map(Double.init)
      let slope = difference(of: reference) { classifier, step in
        for (index, value) in gradient.enumerated() {
          classifier.parameters[entry.name]?[index] += step * value
        }
      }
      let square = gradient.map { $0 * $0 }.reduce(0, +)
      #expect(square > 0 && abs(slope / square - 1) < tolerance, "\(entry.name)")
    }
  }

  @Test("The buckets are reported in their order, each after all passes have its gradient")
  func report() throws {
    let shape = ClassifierShape(
      inputSize: 19, hiddenSize: 70, layers: 2, classes: 5, isBidirectional: true)
    let batch = BatchShape(rows: 3, steps: 4)
    let parameters = try ParameterBuffer(ParameterLayout(shape))
    parameters.initialize(seed: 1)
    let weights = try PackedWeights(shape, .float32, training: true)
    weights.update(from: parameters)
    let labels: [Int32] = [0, 1, 2]
    let passes = try [Float(1), 2].map { value in
      let classifier = try RecurrentClassifier(shape, .float32, maximum: batch, training: true)
      classifier.input(batch).set((0..<228).map { value * Float($0 % 13) / 13 })
      _ = classifier.loss(weights, batch, labels: labels.span, scale: 1)
      return (classifier, try ParameterBuffer(parameters.layout))
    }
    let buckets = parameters.layout.buckets
    var reported: [Int] = []
    var early = passes.map { _ in [Float]() }
    backward(passes.map { BackwardPass($0, into: $1) }, weights) { event in
      guard case .bucketComplete(let index) = event else { return }
      reported.append(index)
      for (number, pass) in passes.enumerated() {
        early[number] += pass.1.all.columns(buckets[index].range).elements
      }
    }
    #expect(buckets.count > 4 && reported == Array(buckets.indices))
    #expect(early == passes.map { $0.1.all.elements })
  }

  /// The masks stay the same where the same are drawn again, so that differences can be taken.
  @Test(
    "The slope along the gradient is right with dropout, and the masks drop as many as they shall",
    arguments: [false, true])
  func dropout(isBidirectional: Bool) throws {
    let (n, p) = (9, 0.4)
    let batch = BatchShape(rows: n, steps: 5)
    let shape = ClassifierShape(
      inputSize: 4, hiddenSize: 70, layers: 3, classes: 4, cell: .gru,
      isBidirectional: isBidirectional)
    var random = SplitMix64(state: 11)
    let parameters = try ParameterBuffer(ParameterLayout(shape))
    parameters.initialize(seed: 3)
    let classifier = try RecurrentClassifier(
      shape, .float32, maximum: batch, training: true, drops: true)
    let input = classifier.input(batch)
    input.set(input.elements.map { _ in Float.random(in: -1...1, using: &random) })
    let labels = (0..<n).map { Int32($0 % shape.classes) }
    let weights = try PackedWeights(shape, .float32, training: true)
    func lossSum(_ step: Int) -> Double {
      weights.update(from: parameters)
      return classifier.loss(
        weights, batch, labels: labels.span, scale: 1,
        dropout: Dropout(probability: p, seed: 1, step: step, shard: 2)
      ).lossSum
    }

    let loss = lossSum(0)
    let gradients = try ParameterBuffer(parameters.layout)
    backward([BackwardPass(classifier, into: gradients)], weights) { _ in }
    #expect(lossSum(1) != loss)
    let gradient = gradients.all.elements.map(Double.init)
    let start = parameters.all.elements
    let square = gradient.map { $0 * $0 }.reduce(0, +)
    let step = 0.02 / square
    let sums = [1.0, -1.0].map { sign in
      parameters.all.set(zip(start, gradient).map { $0 + Float(sign * step * $1) })
      return lossSum(0)
    }
    #expect(abs((sums[0] - sums[1]) / (2 * step) / square - 1) < 0.01)
  }

  @Test("A mask drops p of the elements, keeps their mean, and is that of each sample alone")
  func masks() throws {
    let (n, units) = (64, 70)
    let padded = Kernels.padded(units)
    let mask = try AlignedBuffer<Float>(count: n * padded).matrix(n, padded)
    func drawn(_ step: Int, from first: Int, rows: Int) -> [Float] {
      let part = mask.reshaped(rows, padded)
      Dropout(probability: 0.25, seed: 9, step: step, shard: 1, firstRow: first)
        .draw(part, rows: rows, units: units, index: 1, of: 3)
      return part.rowMajor(rows: rows, units: units)
    }
    let all = drawn(1, from: 0, rows: n)
    let kept = Float(1 / 0.75)
    #expect(Set(all) == [0, kept])
    let dropped = Double(all.count { $0 == 0 }) / Double(all.count)
    #expect(abs(dropped - 0.25) < 0.02)
    #expect(drawn(2, from: 0, rows: n) != all)
    // A part of the samples has its part of the masks.
    #expect(drawn(1, from: 10, rows: 3) == Array(all[10 * units..<13 * units]))
    // The same on any instruction set: a unit's word is the generator's.
    let stream = CounterStream(seed: 9, purpose: .dropout, first: 1, second: 1)
    let size = (units + 63) / 64 * 16
    for unit in 0..<units {
      let word = stream.block(at: UInt64(size + unit % size))[unit / size]
      #expect(all[unit] == (word < 1 << 30 ? 0 : kept), "unit \(unit)")
    }
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
