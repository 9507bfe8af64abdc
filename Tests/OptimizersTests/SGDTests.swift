import Optimizers
import Tensors
import Testing

@Suite("SGD")
struct SGDTests {
  struct Case: Sendable {
    let momentum: Double, isNesterov: Bool, weightDecay: Double
    /// What `torch.optim.SGD(lr=0.01)` makes of `start` in four steps.
    let expected: [Float]
  }

  @Test(
    "Four steps are torch.optim.SGD's",
    arguments: [
      Case(
        momentum: 0, isNesterov: false, weightDecay: 0.1,
        expected: [0.4730280042, -1.1950575113, 1.9795244932, 0.0062437528, -0.1310252398]),
      Case(
        momentum: 0.9, isNesterov: false, weightDecay: 0.1,
        expected: [0.4491339624, -1.1460090876, 1.9587554932, 0.0115871103, -0.2163614184]),
      Case(
        momentum: 0.9, isNesterov: true, weightDecay: 0.1,
        expected: [0.4273168445, -1.1016061306, 1.942466259, 0.0166570656, -0.2973846197]),
      Case(
        momentum: 0.5, isNesterov: true, weightDecay: 0,
        expected: [0.4576562643, -1.1653124094, 1.9788279533, 0.0105859367, -0.2006249875]),
    ])
  func pytorch(_ test: Case) throws {
    let start: [Float] = [0.5, -1.25, 2, 0, -0.03125]
    let slope: [Float] = [0.25, -0.5, 0.125, -0.0625, 1]
    let parameters = try row(5) { start[$0] }
    let slots = test.momentum > 0 ? [try row(5) { _ in 0 }] : []
    let sgd = SGD(
      momentum: test.momentum, isNesterov: test.isNesterov, weightDecay: test.weightDecay)
    for step in 1...4 {
      // As clipping does, the scale gives the gradient its size.
      let gradient = try row(5) { 4 * slope[$0] * Float(step) }
      sgd.step(
        parameters, gradient: gradient, slots: slots, number: step, learningRate: 0.01,
        gradientScale: 0.25)
    }
    for (a, b) in zip(parameters.elements, test.expected) { #expect(abs(a - b) < 3e-7) }
  }

  @Test("Without momentum a velocity of zeros changes no bit")
  func withoutMomentum() throws {
    let (a, b) = (try row(53) { Float($0 % 11) / 8 }, try row(53) { Float($0 % 11) / 8 })
    let velocity = try row(53) { _ in 0 }
    for step in 1...3 {
      let gradient = try row(53) { Float(($0 * 5 + step) % 13) / 32 - 0.1 }
      let sgd = SGD(weightDecay: 0.01)
      sgd.step(a, gradient: gradient, slots: [], number: step, learningRate: 0.1)
      sgd.step(b, gradient: gradient, slots: [velocity], number: step, learningRate: 0.1)
    }
    #expect(a.elements == b.elements && a.elements[1] != 0.125)
  }

  private func row(_ count: Int, _ value: (Int) -> Float) throws -> Matrix {
    let matrix = try AlignedBuffer<Float>(count: count).matrix(1, count)
    matrix.withMutableSpan { span in
      for index in span.indices { span[index] = value(index) }
    }
    return matrix
  }
}
