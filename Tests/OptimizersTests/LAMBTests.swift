import Optimizers
import Tensors
import Testing

@Suite("LAMB")
struct LAMBTests {
  /// Three layers in a row of 1100 floats: one in two parts around another, and one that is zero at
  /// first. The rest belongs to none, and is zero.
  static let layers = [[0..<5, 8..<700], [700..<701], [703..<1100]]

  /// A value at each place of the layers, and zeros elsewhere.
  private func row(_ value: (Int) -> Double) throws -> Matrix {
    let matrix = try AlignedBuffer<Float>(count: 1100).matrix(1, 1100)
    matrix.withMutableSpan { span in
      for index in Self.layers.joined().joined() { span[index] = Float(value(index)) }
    }
    return matrix
  }

  private func start(_ index: Int) -> Double {
    index < 703 ? Double(index * 7 % 11) / 8 - 0.5 : 0
  }

  private func slope(_ index: Int, _ step: Int) -> Double {
    Double((index * 5 + step * 3) % 13) / 32 - 0.125
  }

  @Test("Each step is the paper's algorithm 2", arguments: [0, 0.1])
  func paper(weightDecay: Double) throws {
    let (beta1, beta2, epsilon, rate, scale) = (0.9, 0.99, 1e-6, 0.02, 0.5)
    let lamb = LAMB(
      layers: Self.layers, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay)
    let parameters = try row(start)
    let moments = try (0..<2).map { _ in try row { _ in 0 } }

    var x = (0..<1100).map(start)
    var (m, v) = ([Double](repeating: 0, count: 1100), [Double](repeating: 0, count: 1100))
    for step in 1...5 {
      lamb.step(
        parameters, gradient: try row { slope($0, step) }, slots: moments, number: step,
        learningRate: rate, gradientScale: Float(scale))

      let (correction1, correction2) = (power(beta1, step), power(beta2, step))
      for layer in Self.layers {
        var update: [Int: Double] = [:]
        for index in layer.joined() {
          let g = scale * slope(index, step)
          m[index] = beta1 * m[index] + (1 - beta1) * g
          v[index] = beta2 * v[index] + (1 - beta2) * g * g
          let (mean, square) = (m[index] / (1 - correction1), v[index] / (1 - correction2))
          update[index] = mean / (square.squareRoot() + epsilon) + weightDecay * x[index]
        }
        let norm = layer.joined().map { x[$0] * x[$0] }.reduce(0, +).squareRoot()
        let length = update.values.map { $0 * $0 }.reduce(0, +).squareRoot()
        let ratio = norm > 0 && length > 0 ? norm / length : 1
        for (index, u) in update { x[index] -= rate * ratio * u }
      }
      for (index, value) in parameters.elements.enumerated() {
        let expected = Self.layers.joined().contains { $0.contains(index) } ? x[index] : 0
        #expect(abs(Double(value) - expected) < 2e-6, "element \(index) after step \(step)")
      }
    }
  }

  @Test("A step is the learning rate times the layer's norm long, whatever the gradient's size")
  func length() throws {
    for size in [1e-4, 1, 1e4] {
      let parameters = try row(start)
      let before = parameters.elements
      LAMB(layers: Self.layers).step(
        parameters, gradient: try row { slope($0, 1) * size },
        slots: try (0..<2).map { _ in try row { _ in 0 } }, number: 1, learningRate: 0.01)
      for layer in Self.layers[..<2] {
        let indices = Array(layer.joined())
        let norm = indices.map { Double(before[$0] * before[$0]) }.reduce(0, +).squareRoot()
        let moved = indices.map { Double(parameters.elements[$0] - before[$0]) }
        let length = moved.map { $0 * $0 }.reduce(0, +).squareRoot()
        #expect(abs(length / norm - 0.01) < 1e-5)
      }
    }
  }

  @Test("A layer without a norm takes Adam's step, and one without an update stays")
  func zeros() throws {
    let parameters = try row(start)
    let before = parameters.elements
    LAMB(layers: Self.layers).step(
      parameters, gradient: try row { $0 < 703 ? 0 : 0.25 },
      slots: try (0..<2).map { _ in try row { _ in 0 } }, number: 1, learningRate: 0.01)
    #expect(Array(parameters.elements[..<703]) == Array(before[..<703]))
    #expect(parameters.elements[703...].allSatisfy { abs($0 + 0.01) < 1e-6 })
  }

  private func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { product, _ in product * base }
  }
}
