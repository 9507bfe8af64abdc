import Optimizers
import Tensors
import Testing

@Suite("Adam")
struct AdamTests {
  @Test(
    "Weight decay is torch.optim.Adam's or torch.optim.AdamW's",
    arguments: [
      (false, [0.4608978331, -1.2108461857, 1.9601454735, 0.0388596617, -0.0700827017]),
      (true, [0.4592259526, -1.2062305212, 1.9532350302, 0.0387770832, -0.0699022785]),
    ] as [(Bool, [Float])])
  func weightDecay(isDecoupled: Bool, expected: [Float]) throws {
    let start: [Float] = [0.5, -1.25, 2, 0, -0.03125]
    let slope: [Float] = [0.25, -0.5, 0.125, -0.0625, 1]
    let parameters = try matrix(1, 5) { start[$0] }
    let moments = try (0..<2).map { _ in try matrix(1, 5) { _ in 0 } }
    for step in 1...4 {
      Adam(weightDecay: isDecoupled ? .decoupled(0.1) : .l2(0.1)).step(
        parameters, gradient: try matrix(1, 5) { slope[$0] * Float(step) }, slots: moments,
        number: step, learningRate: 0.01)
    }
    for (a, b) in zip(parameters.elements, expected) { #expect(abs(a - b) < 3e-7) }
  }

  @Test("Adam scales its gradients as if they had come so")
  func scaledAdam() throws {
    let rows = try (0..<8).map { row in
      try matrix(1, 53) { Float(($0 * 7 + row % 4) % 11) / 16 + 0.25 }
    }
    let adam = Adam(weightDecay: .l2(0.25))
    adam.step(
      rows[0], gradient: rows[1], slots: [rows[2], rows[3]], number: 3, learningRate: 0.01,
      gradientScale: 0.25)
    rows[5].withMutableSpan { span in
      for index in span.indices { span[index] *= 0.25 }
    }
    adam.step(
      rows[4], gradient: rows[5], slots: [rows[6], rows[7]], number: 3, learningRate: 0.01)
    #expect(rows[0].elements == rows[4].elements)
    #expect(rows[0].elements != (try matrix(1, 53) { Float(($0 * 7) % 11) / 16 + 0.25 }).elements)
  }

  private func matrix(_ rows: Int, _ columns: Int, _ value: (Int) -> Float) throws -> Matrix {
    let matrix = try AlignedBuffer<Float>(count: rows * columns).matrix(rows, columns)
    matrix.withMutableSpan { span in
      for index in span.indices { span[index] = value(index) }
    }
    return matrix
  }
}
