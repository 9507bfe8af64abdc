import Foundation
import Tensors
import Testing

@Suite("Kernels")
struct KernelTests {
  @Test("Products, with and without transposing and adding, are those of a plain loop")
  func products() throws {
    let products = try MatrixProducts()
    for (m, k, n) in [(1, 1, 1), (3, 5, 2), (25, 28, 40), (7, 0, 3), (64, 33, 17)] {
      for flags in 0..<8 {
        let (left, right, adding) = (flags & 1 != 0, flags & 2 != 0, flags & 4 != 0)
        let a = try matrix(left ? k : m, left ? m : k) { Float(($0 * 7) % 11) - 5 }
        let b = try matrix(right ? n : k, right ? k : n) { Float(($0 * 5) % 13) - 6 }
        let c = try matrix(m, n) { Float($0 % 3) }
        let before = c.elements
        try products.multiply(
          a, transposingLeft: left, by: b, transposingRight: right, into: c, adding: adding)
        let (x, y) = (a.elements, b.elements)
        let expected = (0..<m * n).map { index in
          let (row, column) = (index / n, index % n)
          return (0..<k).reduce(adding ? before[index] : 0) { sum, inner in
            sum + x[left ? inner * m + row : row * k + inner]
              * y[right ? column * k + inner : inner * n + column]
          }
        }
        #expect(c.elements == expected, "\(m) x \(k) x \(n), flags \(flags)")
      }
    }
  }

  @Test("Sigmoid and tanh are accurate to a few units in the last place, at the extremes too")
  func activations() throws {
    let inputs: [Float] =
      (-4000...4000).map { Float($0) / 100 } + [
        0, 1e-6, -1e-6, 3e-4, 88, -88, 200, -200, .greatestFiniteMagnitude, -.infinity, .infinity,
      ]
    let n = inputs.count
    // Gates i = σ(x), g = tanh(x): with N = 1 and zero bias, one row holds them all.
    let gates = try matrix(1, 4 * n) { inputs[$0 % n] }
    let bias = try matrix(1, 4 * n) { _ in 0 }
    let out = try (0..<3).map { _ in try matrix(1, n) { _ in 0 } }
    LSTMGates.forward(
      gates, bias: bias, previousCell: nil, cell: out[0], tanhCell: out[1], hidden: out[2])
    let values = gates.elements
    for (index, x) in inputs.enumerated() {
      let sigmoid = 1 / (1 + exp(-Double(x)))
      let tangent = tanh(Double(x))
      #expect(abs(Double(values[index]) - sigmoid) <= 4e-7 * sigmoid + 1e-37, "sigmoid(\(x))")
      #expect(abs(Double(values[2 * n + index]) - tangent) <= 4e-7 * abs(tangent), "tanh(\(x))")
    }
  }

  @Test("A NaN goes through the gates")
  func notANumber() throws {
    let gates = try matrix(1, 4) { _ in .nan }
    let out = try (0..<3).map { _ in try matrix(1, 1) { _ in 0 } }
    LSTMGates.forward(
      gates, bias: try matrix(1, 4) { _ in 0 }, previousCell: nil, cell: out[0], tanhCell: out[1],
      hidden: out[2])
    #expect(out[2].elements[0].isNaN)
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

  @Test("Adam scales its gradients as if they had come so")
  func scaledAdam() throws {
    let arenas = try (0..<8).map { arena in
      try matrix(1, 53) { Float(($0 * 7 + arena % 4) % 11) / 16 + 0.25 }
    }
    let coefficients = AdamCoefficients(
      learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: 3)
    adamStep(
      parameters: arenas[0], gradients: arenas[1], firstMoment: arenas[2], secondMoment: arenas[3],
      gradientScale: 0.25, coefficients)
    arenas[5].withMutableSpan { span in
      for index in span.indices { span[index] *= 0.25 }
    }
    adamStep(
      parameters: arenas[4], gradients: arenas[5], firstMoment: arenas[6], secondMoment: arenas[7],
      coefficients)
    #expect(arenas[0].elements == arenas[4].elements)
    #expect(arenas[0].elements != (try matrix(1, 53) { Float(($0 * 7) % 11) / 16 + 0.25 }).elements)
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
