import Recurrent
import Testing

@Suite("Initial parameters")
struct InitialParameterTests {
  let shape = ClassifierShape(steps: 3, inputSize: 28, hiddenSize: 64, layers: 2, classes: 10)

  @Test("They are uniform from -1/√H to 1/√H, as PyTorch's")
  func uniform() throws {
    let arena = try Arena(ParameterLayout(shape))
    arena.initialize(seed: 0)
    let values = arena.layout.entries.flatMap(arena.values).map(Double.init)
    #expect(values.allSatisfy { abs($0) <= 0.125 })
    // The mean and the variance of U(-b, b) are 0 and b²/3; 57,000 draws are within 5 deviations.
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let variance = values.map { $0 * $0 }.reduce(0, +) / count
    #expect(abs(mean) < 5 * 0.125 / (3 * count).squareRoot())
    #expect(abs(variance / (0.125 * 0.125 / 3) - 1) < 0.02)
  }

  @Test("A seed always gives the same, and another seed others; no two parameters share numbers")
  func seeds() throws {
    let arenas = try [1, 1, 2].map { seed in
      let arena = try Arena(ParameterLayout(shape))
      arena.initialize(seed: UInt64(seed))
      return arena
    }
    #expect(arenas[0].all.elements == arenas[1].all.elements)
    #expect(arenas[0].all.elements != arenas[2].all.elements)
    #expect(arenas[0]["lstm.bias_ih_l0"] != arenas[0]["lstm.bias_hh_l0"])
    #expect(arenas[0]["lstm.bias_ih_l0"] != arenas[0]["lstm.bias_ih_l1"])
  }
}
