import Foundation

/// Student's t distribution.
package struct StudentDistribution: Sendable {
  /// The degrees of freedom, above 0; need not be whole.
  package let degreesOfFreedom: Double

  /// The distribution with so many degrees of freedom.
  package init(degreesOfFreedom: Double) { self.degreesOfFreedom = degreesOfFreedom }

  /// The probability of a value at least as far from 0 as `t`, on either side.
  package func twoSidedProbability(_ t: Double) -> Double {
    // t² may be more than a Double holds, where the probability is none.
    let x = degreesOfFreedom / (degreesOfFreedom + t * t)
    return regularizedIncompleteBeta(x, degreesOfFreedom / 2, 0.5)
  }

  /// The distance from 0 that a value exceeds, on either side, with `probability` above 0 and below
  /// 1: for 0.05 the quantile of 0.975.
  package func twoSidedQuantile(_ probability: Double) -> Double {
    var (low, high) = (0.0, 1.0)
    while twoSidedProbability(high) > probability, high < 1e150 { (low, high) = (high, 2 * high) }
    // To the last bit: halving ends where there is no number between the two.
    while true {
      let middle = (low + high) / 2
      guard middle > low, middle < high else { return middle }
      if twoSidedProbability(middle) > probability { low = middle } else { high = middle }
    }
  }
}

/// The regularized incomplete beta function I_x(a, b), for `x` from 0 to 1 and `a` and `b` above 0.
package func regularizedIncompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
  guard x > 0 else { return 0 }
  guard x < 1 else { return 1 }
  // The fraction converges fast below the distribution's mean; above it, by I_x(a, b) = 1 -
  // I_{1-x}(b, a).
  if x > (a + 1) / (a + b + 2) { return 1 - regularizedIncompleteBeta(1 - x, b, a) }
  let logFactor = lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)
  return min(max(exp(logFactor) / (a * betaFraction(x, a, b)), 0), 1)
}

/// The continued fraction 1 + d₁/(1 + d₂/(1 + …)) whose inverse is I_x(a, b) up to a factor
/// (Abramowitz and Stegun 26.5.8), evaluated from the front after Lentz: the value is the product
/// of the ratios of the numerators and denominators of its convergents.
private func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
  let tiny = 1e-300
  func awayFromZero(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
  var (value, numerator, denominator) = (1.0, 1.0, 0.0)
  for index in 1...100_000 {
    let m = Double(index / 2)
    let coefficient =
      index % 2 == 0
      ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    denominator = 1 / awayFromZero(1 + coefficient * denominator)
    numerator = awayFromZero(1 + coefficient / numerator)
    let ratio = numerator * denominator
    value *= ratio
    if abs(ratio - 1) < 1e-15 { break }
  }
  return value
}
