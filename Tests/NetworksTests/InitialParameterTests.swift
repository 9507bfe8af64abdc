import Networks
import Tensors
import Testing

@Suite("Initial parameters")
struct InitialParameterTests {
  let shape = ClassifierShape(inputSize: 28, hiddenSize: 64, layers: 2, classes: 10)

  @Test("They are uniform from -1/√H to 1/√H, as PyTorch's")
  func uniform() throws {
    let buffer = try ParameterBuffer(ParameterLayout(shape))
    buffer.initialize(seed: 0)
    let values = buffer.layout.entries.flatMap(buffer.values).map(Double.init)
    #expect(values.allSatisfy { abs($0) <= 0.125 })
    // The mean and the variance of U(-b, b) are 0 and b²/3; 57,000 draws are within 5 deviations.
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let variance = values.map { $0 * $0 }.reduce(0, +) / count
    #expect(abs(mean) < 5 * 0.125 / (3 * count).squareRoot())
    #expect(abs(variance / (0.125 * 0.125 / 3) - 1) < 0.02)
  }

  @Test(
    "Keras' are Glorot uniform, orthogonal, and zero but for the forget gate",
    arguments: Cell.allCases)
  func keras(_ cell: Cell) throws {
    let (units, gates) = (20, cell.gates)
    let buffer = try ParameterBuffer(
      ParameterLayout(
        ClassifierShape(
          inputSize: 7, hiddenSize: units, layers: 1, classes: 3, cell: cell,
          isBidirectional: true)))
    var calls = 0
    buffer.initialize(seed: 5, as: .keras) { calls += 1 }
    #expect(calls == buffer.layout.entries.count + 2 * units)
    let large = try ParameterBuffer(
      ParameterLayout(ClassifierShape(inputSize: 1100, hiddenSize: 500, layers: 1, classes: 3)))
    calls = 0
    large.initialize(seed: 5) { calls += 1 }
    // 2,200,000 elements in one, and 1,000,000 in another.
    #expect(calls >= large.layout.entries.count + 3)
    struct Interruption: Error {}
    #expect(throws: Interruption.self) { try buffer.initialize(seed: 5) { throw Interruption() } }
    let prefix = cell == .gru ? "gru." : "lstm."
    for suffix in ["_l0", "_l0_reverse"] {
      let u = buffer[prefix + "weight_hh" + suffix].map(Double.init)
      for a in 0..<units {
        for b in 0...a {
          let product = (0..<gates * units).map { u[$0 * units + a] * u[$0 * units + b] }
            .reduce(0, +)
          #expect(abs(product - (a == b ? 1 : 0)) < 1e-5)
        }
      }
      let w = buffer[prefix + "weight_ih" + suffix]
      let bound = (6 / Float(7 + gates * units)).squareRoot()
      #expect(w.allSatisfy { abs($0) <= bound } && w.contains { abs($0) > 0.95 * bound })
      #expect(
        buffer[prefix + "bias_ih" + suffix]
          == (0..<gates * units).map { $0 / units == 1 && cell != .gru ? 1 : 0 })
      #expect(buffer[prefix + "bias_hh" + suffix].allSatisfy { $0 == 0 })
    }
    #expect(
      buffer[prefix + "weight_hh_l0"] != buffer[prefix + "weight_hh_l0_reverse"])
  }

  @Test("A seed always gives the same, and another seed others; no two parameters share numbers")
  func seeds() throws {
    let buffers = try [1, 1, 2].map { seed in
      let buffer = try ParameterBuffer(ParameterLayout(shape))
      buffer.initialize(seed: UInt64(seed))
      return buffer
    }
    #expect(buffers[0].all.elements == buffers[1].all.elements)
    #expect(buffers[0].all.elements != buffers[2].all.elements)
    #expect(buffers[0]["lstm.bias_ih_l0"] != buffers[0]["lstm.bias_hh_l0"])
    #expect(buffers[0]["lstm.bias_ih_l0"] != buffers[0]["lstm.bias_ih_l1"])
  }
}
