/// The median and the range of the values of a repeated measurement.
package struct MedianRange: Codable, Equatable, Sendable {
  /// The middle value, or the mean of the two in the middle.
  package let median: Double
  /// The smallest.
  package let min: Double
  /// The largest.
  package let max: Double

  /// The range of some values; nil if there are none.
  package init?(_ values: [Double]) {
    let sorted = values.sorted()
    guard let first = sorted.first, let last = sorted.last else { return nil }
    median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    (min, max) = (first, last)
  }
}
