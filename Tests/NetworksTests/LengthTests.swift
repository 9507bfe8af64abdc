import Networks
import Tensors
import Testing
import TestSupport

@Suite("Sequences of several lengths")
struct LengthTests {
  static let shapes = Cell.allCases.flatMap { cell in
    [false, true].flatMap { isBidirectional in
      Readout.allCases.map { readout in
        ClassifierShape(
          inputSize: 5, hiddenSize: 37, layers: 2, classes: 3, cell: cell,
          isBidirectional: isBidirectional, readout: readout)
      }
    }
  }

  /// The lengths of more sequences than a register tile has rows, with gaps between.
  private static let lengths = [9, 9, 9, 7, 7, 6, 4, 4, 4, 3, 1, 1, 1]

  /// A minibatch's input `[T, N, I]`, in which what comes behind a sequence is no number.
  private static func input(_ batch: BatchShape, _ shape: ClassifierShape) -> [Float] {
    var random = SplitMix64(state: 3)
    return (0..<batch.steps).flatMap { t in
      (0..<batch.rows).flatMap { row in
        (0..<shape.inputSize).map { _ in
          let value = Float.random(in: -1...1, using: &random)
          return t < batch.length(ofRow: row) ? value : .nan
        }
      }
    }
  }

  @Test(
    "Each sequence's logits are to the bit what they are alone, and the gradient is the sum",
    arguments: Precision.allCases, shapes)
  func alone(_ precision: Precision, _ shape: ClassifierShape) throws {
    let (lengths, kernels) = (Self.lengths, try Kernels(precision))
    let batch = BatchShape(lengths: lengths)
    let input = Self.input(batch, shape)
    let parameters = try ParameterBuffer(ParameterLayout(shape))
    parameters.initialize(seed: 5)
    let weights = try PackedWeights(shape, kernels, training: true)
    weights.update(from: parameters)
    let labels = lengths.indices.map { Int32($0 % shape.classes) }
    let dropout = Dropout(probability: 0.3, seed: 1, step: 7, shard: 2)
    // The samples in another order than the rows.
    let samples = lengths.indices.map { UInt32($0 * 5 % lengths.count) }

    func classifier(training: Bool) throws -> RecurrentClassifier {
      try RecurrentClassifier(
        shape, kernels, maximum: BatchShape(rows: batch.rows, steps: batch.steps),
        training: training, drops: true)
    }
    let together = try classifier(training: true)
    together.input(batch).set(input)
    let dropped = dropout.of(shard: 2, firstRow: 0, samples: samples)
    let logits = together.forward(weights, batch, dropout: dropped).elements
    _ = together.loss(weights, batch, labels: labels.span, scale: 1, dropout: dropped)
    let gradient = try ParameterBuffer(parameters.layout)
    backward([BackwardPass(together, into: gradient)], weights) { _ in }

    var sum = [Double](repeating: 0, count: gradient.all.count)
    let (one, evaluating) = (try classifier(training: true), try classifier(training: false))
    let evaluated = try classifier(training: false)
    evaluated.input(batch).set(input)
    let undropped = evaluated.forward(weights, batch).elements
    for (row, length) in lengths.enumerated() {
      let alone = BatchShape(rows: 1, steps: length)
      let values = (0..<length).flatMap { t in
        let start = (t * batch.rows + row) * shape.inputSize
        return input[start..<start + shape.inputSize]
      }
      one.input(alone).set(values)
      let mask = dropout.of(shard: 2, firstRow: Int(samples[row]))
      let range = row * shape.classes..<(row + 1) * shape.classes
      #expect(one.forward(weights, alone, dropout: mask).elements == Array(logits[range]))
      _ = one.loss(weights, alone, labels: [labels[row]].span, scale: 1, dropout: mask)
      let part = try ParameterBuffer(parameters.layout)
      backward([BackwardPass(one, into: part)], weights) { _ in }
      for (index, value) in part.all.elements.enumerated() { sum[index] += Double(value) }
      evaluating.input(alone).set(values)
      #expect(evaluating.forward(weights, alone).elements == Array(undropped[range]))
    }
    #expect(largestDifference(gradient.all.elements, sum) < 1e-5)
  }

  @Test("Several lengths leave nothing behind for a later minibatch of one length")
  func afterwards() throws {
    let shape = ClassifierShape(
      inputSize: 5, hiddenSize: 20, layers: 2, classes: 3, isBidirectional: true)
    let parameters = try ParameterBuffer(ParameterLayout(shape))
    parameters.initialize(seed: 5)
    let (ragged, even) = (BatchShape(lengths: Self.lengths), BatchShape(rows: 4, steps: 6))
    func gradients(after first: BatchShape?) throws -> [Float] {
      let classifier = try RecurrentClassifier(
        shape, .float32, maximum: BatchShape(rows: 13, steps: 9), training: true)
      let gradient = try ParameterBuffer(parameters.layout)
      for batch in [first, even].compactMap({ $0 }) {
        classifier.input(batch).set(Self.input(batch, shape))
        _ = try classifier.lossAndGradients(
          parameters, batch, labels: (0..<batch.rows).map { Int32($0 % 3) }, scale: 1,
          into: gradient)
      }
      return gradient.all.elements
    }
    #expect(try gradients(after: ragged) == gradients(after: nil))
  }

  @Test("A minibatch's rows run in order of their lengths")
  func rows() {
    let batch = BatchShape(lengths: [4, 2, 2, 1])
    #expect(batch.rows == 4 && batch.steps == 4 && batch.lengthsDiffer)
    #expect((0..<4).map { batch.rows(at: $0) } == [4, 3, 1, 1])
    #expect((0..<4).map { batch.rowsEnding(at: $0) } == [3..<4, 1..<3, 1..<1, 0..<1])
    #expect(BatchShape(lengths: [3, 3]) == BatchShape(rows: 2, steps: 3))
  }
}
