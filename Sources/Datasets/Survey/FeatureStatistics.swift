/// The values of one feature over samples and time steps: their mean, deviation and range.
///
/// Source: Welford, "Note on a Method for Calculating Corrected Sums of Squares and Products"
/// (1962).
package struct FeatureStatistics: Equatable, Sendable {
  /// The number of finite values, which the figures are of.
  package private(set) var count = 0
  /// The number of values that are not a number, and of those that are infinite.
  package private(set) var missing = 0, infinite = 0
  /// The mean of the values; 0 of none.
  package private(set) var mean = 0.0
  /// The smallest and the largest value; nil of none.
  package private(set) var smallest, largest: Float?
  /// The sum of the squares of the distances from the mean.
  private var squares = 0.0

  package init() {}

  /// The standard deviation over all values, as `numpy.std` has it; 0 of none.
  package var deviation: Double { count == 0 ? 0 : (squares / Double(count)).squareRoot() }

  /// True if there are values, and all are the same.
  package var isConstant: Bool { smallest != nil && smallest == largest }

  /// Adds a value.
  package mutating func add(_ value: Float) {
    guard value.isFinite else {
      if value.isNaN { missing += 1 } else { infinite += 1 }
      return
    }
    count += 1
    let distance = Double(value) - mean
    mean += distance / Double(count)
    squares += distance * (Double(value) - mean)
    smallest = min(smallest ?? value, value)
    largest = max(largest ?? value, value)
  }
}
