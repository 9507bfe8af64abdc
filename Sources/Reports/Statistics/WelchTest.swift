/// The mean of some values, and how far they lie from it.
package struct SampleMoments: Codable, Equatable, Sendable {
  /// The mean.
  package let mean: Double
  /// The standard deviation, with one less than the number of values as divisor; nil for one value.
  package let deviation: Double?

  /// The moments of at least one value.
  package init(_ values: [Double]) {
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    deviation =
      values.count < 2
      ? nil
      : (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1))
        .squareRoot()
  }
}

/// A test whether two means differ by more than the noise: Welch's t-test, two-sided, which does
/// not take the two noises for equally strong.
package struct WelchTest: Codable, Equatable, Sendable {
  /// The difference of the means over its standard error.
  package let t: Double
  /// The degrees of freedom by Welch's and Satterthwaite's formula.
  package let degreesOfFreedom: Double
  /// The probability of a difference at least as large if there is none but noise.
  package let p: Double
  /// The interval that has the difference with 95 % confidence, from the smaller to the larger.
  package let interval: [Double]

  /// The test of the mean of `second` against that of `first`; nil where the noise cannot be
  /// judged: with fewer than two values on a side, or where those of each side are all equal.
  package init?(_ first: [Double], _ second: [Double]) {
    guard first.count > 1, second.count > 1 else { return nil }
    let moments = [SampleMoments(first), SampleMoments(second)]
    let counts = [Double(first.count), Double(second.count)]
    let squares = zip(moments, counts).map { ($0.deviation ?? 0) * ($0.deviation ?? 0) / $1 }
    let square = squares[0] + squares[1]
    let difference = moments[1].mean - moments[0].mean
    // What rounding leaves of the deviation of equal values is no noise.
    let rounding = 1e-12 * max(abs(moments[0].mean), abs(moments[1].mean))
    guard square.squareRoot() > rounding else { return nil }
    t = difference / square.squareRoot()
    degreesOfFreedom =
      square * square
      / zip(squares, counts).reduce(0) { $0 + $1.0 * $1.0 / ($1.1 - 1) }
    let distribution = StudentDistribution(degreesOfFreedom: degreesOfFreedom)
    p = distribution.twoSidedProbability(t)
    let reach = distribution.twoSidedQuantile(0.05) * square.squareRoot()
    interval = [difference - reach, difference + reach]
  }
}

/// Probabilities of several tests, corrected after Holm: where those of at most 0.05 are taken for
/// findings, the chance that any of them is none stays below 5 %.
package func holmCorrected(_ probabilities: [Double]) -> [Double] {
  var corrected = probabilities
  var largest = 0.0
  let order = probabilities.indices.sorted { probabilities[$0] < probabilities[$1] }
  for (rank, index) in order.enumerated() {
    largest = max(largest, min(1, probabilities[index] * Double(order.count - rank)))
    corrected[index] = largest
  }
  return corrected
}
