import Foundation

/// Counts how many of some numbers lie in buckets whose widths grow with the distance from 0.
///
/// The buckets are those of TensorBoard's older summaries, as `torch.utils.tensorboard` has them by
/// default: 1e-12 · 1.1ᵏ, and the same below 0.
package struct Histogram: Equatable, Sendable {
  /// The least and the largest number, their sum and that of their squares; 0 without any.
  package private(set) var minimum = 0.0, maximum = 0.0, sum = 0.0, sumOfSquares = 0.0
  /// The number of numbers.
  package private(set) var count = 0
  /// The counts of the buckets, by k, from the lowest: that of 0 is in the middle, behind it are those of
  /// positive numbers, and before it those of negative ones.
  private var counts = [Int](repeating: 0, count: 2 * largestBucket + 1)

  /// The k of the largest double.
  private static let largestBucket =
    Int((Foundation.log(Double.greatestFiniteMagnitude) - logSmallest) / logRatio) + 1

  private static let smallest = 1e-12
  private static let ratio = 1.1
  private static let (logSmallest, logRatio) = (Foundation.log(smallest), Foundation.log(ratio))

  package init() {}

  /// Counts a number, unless it is not finite.
  package mutating func add(_ number: Double) {
    guard number.isFinite else { return }
    minimum = count == 0 ? number : min(minimum, number)
    maximum = count == 0 ? number : max(maximum, number)
    sum += number
    sumOfSquares += number * number
    count += 1
    counts[Self.largestBucket + Self.bucket(of: number)] += 1
  }

  /// The buckets from the first to the last that is not empty: the largest number that each takes,
  /// and its count.
  package var buckets: (limits: [Double], counts: [Double]) {
    guard let first = counts.firstIndex(where: { $0 > 0 }),
      let last = counts.lastIndex(where: { $0 > 0 })
    else { return ([], []) }
    return (
      (first...last).map { Self.limit(of: $0 - Self.largestBucket) },
      counts[first...last].map { Double($0) }
    )
  }

  private static func bucket(of number: Double) -> Int {
    let size = abs(number)
    guard size > smallest else { return 0 }
    // The quotient may be beyond what a double holds.
    let logarithm = Foundation.log(size) - logSmallest
    let bucket = min(Int((logarithm / logRatio).rounded(.up)), largestBucket)
    return number < 0 ? -bucket : bucket
  }

  /// The upper end of a bucket.
  private static func limit(of bucket: Int) -> Double {
    bucket >= 0
      ? smallest * pow(ratio, Double(bucket)) : -smallest * pow(ratio, Double(-bucket - 1))
  }
}
