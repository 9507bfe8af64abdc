import Networks

/// The buckets in which a gradient is summed: a buffer cut where backpropagation through time has
/// finished what comes before, and behind them `StepStatistics`.
package enum GradientBuckets {
  /// The buckets that end at `ends`, which ascend to the number of parameters.
  package static func cut(at ends: [Int]) -> [Range<Int>] {
    let bounds = [0] + ends + [(ends.last ?? 0) + StepStatistics.count]
    return zip(bounds, bounds.dropFirst()).map { $0..<$1 }
  }

  /// The buckets that a worker finishes one after the other; or, unless they are to be summed `apart`, all of
  /// the buffer.
  package static func of(_ layout: ParameterLayout, apart: Bool = true) -> [Range<Int>] {
    cut(at: apart ? layout.buckets.map(\.range.upperBound) : [layout.count])
  }
}
