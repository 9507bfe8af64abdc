import Foundation
import Tensors
import Testing

@Suite("Elementary functions")
struct ElementaryTests {
  /// The C library's own error is below one unit in the last place, too.
  @Test("Exponential, logarithm and cosine are accurate to a unit in the last place")
  func accuracy() {
    for index in 0..<100_000 {
      let part = Double(index) / 100_000
      for x in [1490 * part - 745, 2 * part - 1, 1e-9 * part] {
        expectClose(Elementary.exp(x), exp(x), units: 2, "exp", x)
      }
      for x in [
        part, 0.5 + part, 1 + 1e-6 * part, exp(1400 * part - 700),
        .leastNonzeroMagnitude * Double(index),
      ] {
        expectClose(Elementary.log(x), log(x), units: 2, "log", x)
      }
      for x in [2 * .pi * part, 2e6 * part - 1e6, 1e-9 * part] {
        #expect(abs(Elementary.cos(x) - cos(x)) < 0x1p-51, "cos \(x)")
      }
    }
  }

  @Test("They have the values of IEEE 754 at the ends of their ranges")
  func extremes() {
    #expect(Elementary.exp(0) == 1 && Elementary.log(1) == 0 && Elementary.cos(0) == 1)
    #expect(Elementary.exp(-.infinity) == 0 && Elementary.exp(-746) == 0)
    #expect(Elementary.exp(.infinity) == .infinity && Elementary.exp(710) == .infinity)
    #expect(Elementary.exp(-745) == .leastNonzeroMagnitude)
    #expect(Elementary.log(0) == -.infinity && Elementary.log(.infinity) == .infinity)
    #expect(Elementary.exp(.nan).isNaN && Elementary.log(.nan).isNaN && Elementary.log(-1).isNaN)
    #expect(Elementary.cos(.nan).isNaN && Elementary.cos(.infinity).isNaN)
  }

  @Test("A whole power is accurate, and exact where it can be")
  func powers() {
    #expect(Elementary.power(0.9, 0) == 1 && Elementary.power(3, 30) == 205_891_132_094_649)
    for (base, exponent) in [(0.9, 100), (0.999, 5000), (1.0001, 100_000), (0.5, 1074)] {
      let expected = pow(base, Double(exponent))
      let error = abs(Elementary.power(base, exponent) - expected)
      #expect(error <= Double(exponent) * 0x1p-53 * expected, "\(base) to the \(exponent)")
    }
  }

  private func expectClose(
    _ value: Double, _ expected: Double, units: Double, _ name: String, _ x: Double
  ) {
    let isClose = value == expected || abs(value - expected) <= units * expected.ulp
    if !isClose { Issue.record("\(name) \(x) is \(value) and not \(expected)") }
  }
}
