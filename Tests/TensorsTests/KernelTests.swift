import Foundation
import Tensors
import Testing

@Suite("Kernels")
struct KernelTests {
  /// Where bf16 is multiplied natively, the cells are as exact as bf16 asks for.
  @Test(
    "Sigmoid and tanh are accurate, at the extremes too", arguments: Precision.allCases)
  func activations(_ precision: Precision) throws {
    let inputs: [Float] =
      (-4000...4000).map { Float($0) / 100 } + [
        0, 1e-6, -1e-6, 3e-4, 88, -88, 200, -200, .greatestFiniteMagnitude, -.infinity, .infinity,
      ]
    let kernels = try Kernels(precision)
    let isCoarse = precision == .bfloat16 && kernels.isNative
    let step = try cell(inputs, kernels)
    for (unit, x) in inputs.enumerated() {
      let exact = [1 / (1 + exp(-Double(x))), tanh(Double(x))]
      let values = [step.gate(0, unit), step.gate(2, unit)].map(Double.init)
      for (value, exact) in zip(values, exact) {
        let tolerance = isCoarse ? 2e-6 : 4e-7 * abs(exact) + 1e-37
        #expect(abs(value - exact) <= tolerance, "at \(x)")
      }
    }
  }

  @Test("A NaN goes through the gates", arguments: Precision.allCases)
  func notANumber(_ precision: Precision) throws {
    let step = try cell([.nan], Kernels(precision))
    #expect(step.gate(0, 0).isNaN && step.gate(2, 0).isNaN)
  }

  /// The activated gates of one row of units whose four gates' sums are `inputs`.
  private func cell(
    _ inputs: [Float], _ kernels: Kernels
  ) throws -> Gates {
    let (units, lanes) = (inputs.count, Kernels.blockWidth)
    let padded = Kernels.padded(units)
    func place(_ gate: Int, _ unit: Int) -> Int {
      (unit / lanes * 4 + gate) * lanes + unit % lanes
    }
    var sums = [Float](repeating: 0, count: 4 * padded)
    for gate in 0..<4 { for unit in 0..<units { sums[place(gate, unit)] = inputs[unit] } }
    let weights = try matrix(1, (1 + units) * 4 * padded) { _ in 0 }
    let (cell, tanhCell) = (try matrix(1, padded) { _ in 0 }, try matrix(1, padded) { _ in 0 })
    let gates = try matrix(1, 4 * padded) { _ in 0 }
    let x = Operand(try matrix(1, kernels.operandSize(rows: 1, columns: 1)) { _ in 0 })
    let hidden = Operand(try matrix(1, kernels.operandSize(rows: 1, columns: units)) { _ in 0 })
    kernels.forward(
      LayerShape(.lstm, inputs: 1, units: units), rows: 1,
      RecurrentWeights(
        forward: Operand(weights), bias: try matrix(1, 4 * padded) { sums[$0] },
        peepholes: try matrix(1, 0) { _ in 0 }),
      x: x, previous: nil, into: StepMemory(gates: gates, cellState: cell, tanhState: tanhCell),
      StepOutput(hidden: hidden))
    let values = gates.elements
    return Gates { values[place($0, $1)] }
  }

  private struct Gates {
    let gate: (_ gate: Int, _ unit: Int) -> Float
  }

  @Test("Each instruction set has kernels of its own, and one that does not exist is refused")
  func instructionSets() throws {
    #expect(Kernels.instructionSets.last == "baseline")
    for name in Kernels.instructionSets {
      #expect(try Kernels(.float32, on: name).isNative)
      #expect(try Kernels(.bfloat16, on: name).isNative == (name == "avx512bf16"))
    }
    #expect(throws: TensorError.unknownInstructionSet("avx9", available: Kernels.instructionSets)) {
      try Kernels(.bfloat16, on: "avx9")
    }
  }

  @Test("Softmax and cross-entropy count, and survive logits that overflow an exponential")
  func softmax() throws {
    let logits = try matrix(3, 3) { [1000, 0, -1000, 1, 2, 3, 5, 5, 0][$0] }
    let gradient = try matrix(3, 3) { _ in 9 }
    let labels: [Int32] = [0, 0, 1]
    let result = softmaxCrossEntropy(logits, labels: labels.span, gradient: gradient, scale: 0.5)
    #expect(result.samples == 3)
    #expect(result.correct == 1)
    let second = log(exp(1.0) + exp(2) + exp(3)) - 1
    let third = log(2 * exp(5.0) + 1) - 5
    #expect(abs(result.lossSum - (second + third)) < 1e-12)
    #expect(gradient.elements[0...2].allSatisfy { $0 == 0 })
    let p = exp(1.0) / (exp(1.0) + exp(2) + exp(3))
    #expect(abs(Double(gradient.elements[3]) - 0.5 * (p - 1)) < 1e-7)
  }

  @Test("Smoothed labels give PyTorch's loss and gradient")
  func smoothing() throws {
    let logits = try matrix(2, 3) { [1, -2, 0.5, 0.25, 3, -1][$0] }
    let gradient = try matrix(2, 3) { _ in 9 }
    let labels: [Int32] = [2, 1]
    let result = softmaxCrossEntropy(
      logits, labels: labels.span, smoothing: 0.1, gradient: gradient, scale: 0.5)
    // torch.nn.CrossEntropyLoss(label_smoothing=0.1)
    #expect(abs(result.loss - 0.687649965) < 1e-7)
    let expected: [Float] = [
      0.285207778, -0.001637224, -0.283570558, 0.012868211, -0.004663467, -0.008204783,
    ]
    for (a, b) in zip(gradient.elements, expected) { #expect(abs(a - b) < 1e-7) }
  }

  /// The values are those of torch.nn.CrossEntropyLoss with weight=[0.5, 2, 1.25].
  @Test(
    "Weights of classes give PyTorch's loss and gradient",
    arguments: [
      (
        0, 0.435021086,
        [0.232211114, 0.011561111, -0.243772225, 0.036350620, -0.046765247, 0.010414627]
      ),
      (
        0.1, 0.547299738,
        [0.227082909, -0.008951710, -0.218131199, 0.029859267, -0.027062832, -0.002796434]
      ),
    ] as [(Double, Double, [Float])])
  func classWeights(smoothing: Double, loss: Double, expected: [Float]) throws {
    let logits = try matrix(2, 3) { [1, -2, 0.5, 0.25, 3, -1][$0] }
    let gradient = try matrix(2, 3) { _ in 9 }
    let labels: [Int32] = [2, 1]
    let result = softmaxCrossEntropy(
      logits, labels: labels.span, classWeights: [0.5, 2, 1.25], smoothing: smoothing,
      gradient: gradient, scale: 1 / 3.25)
    #expect(result.weight == 3.25 && result.samples == 2)
    #expect(abs(result.loss - loss) < 1e-7)
    for (a, b) in zip(gradient.elements, expected) { #expect(abs(a - b) < 1e-7) }
    let mixed = softmaxCrossEntropy(
      logits, labels: labels.span,
      mixed: [MixedLabel(label: 0, share: 0.5), MixedLabel(label: 1, share: 0.25)],
      classWeights: [0.5, 2, 1.25])
    #expect(mixed.weight == 0.875 + 2)
  }

  /// The values are those of torch.nn.CrossEntropyLoss with targets that are probabilities.
  @Test(
    "Mixed labels give PyTorch's loss and gradient",
    arguments: [
      (
        0, 0.448066552,
        [0.114374448, 0.015029444, -0.129403892, 0.029534879, -0.037996763, 0.008461884]
      ),
      (
        0.1, 0.603274885,
        [0.116457781, -0.001637223, -0.114820559, 0.012868212, -0.004663430, -0.008204782]
      ),
    ] as [(Double, Double, [Float])])
  func mixed(smoothing: Double, loss: Double, expected: [Float]) throws {
    let logits = try matrix(2, 3) { [1, -2, 0.5, 0.25, 3, -1][$0] }
    let gradient = try matrix(2, 3) { _ in 9 }
    let labels: [Int32] = [2, 1]
    let result = softmaxCrossEntropy(
      logits, labels: labels.span,
      mixed: [MixedLabel(label: 0, share: 0.375), MixedLabel(label: 1, share: 0.25)],
      smoothing: smoothing, gradient: gradient, scale: 0.5)
    #expect(abs(result.loss - loss) < 1e-7)
    #expect(result.correct == 1)
    for (a, b) in zip(gradient.elements, expected) { #expect(abs(a - b) < 1e-7) }
  }

  @Test("Column sums, sums and sums of squares")
  func sums() throws {
    let x = try matrix(5, 37) { Float($0 % 9) - 4 }
    let sums = try matrix(1, 37) { _ in 3 }
    sums.setToColumnSums(of: x)
    let values = x.elements
    var expected = [Float](repeating: 0, count: 37)
    for (index, value) in values.enumerated() { expected[index % 37] += value }
    #expect(sums.elements == expected)
    #expect(x.sumOfSquares == values.map { Double($0 * $0) }.reduce(0, +))
    let y = try matrix(5, 37) { Float($0) }
    y.setToSum(y, x)
    #expect(y.elements == values.enumerated().map { Float($0) + $1 })
  }

  private func matrix(_ rows: Int, _ columns: Int, _ value: (Int) -> Float) throws -> Matrix {
    let matrix = try AlignedBuffer<Float>(count: rows * columns).matrix(rows, columns)
    matrix.withMutableSpan { span in
      for index in span.indices { span[index] = value(index) }
    }
    return matrix
  }
}
