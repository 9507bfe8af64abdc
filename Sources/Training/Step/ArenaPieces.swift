import Networks

/// The pieces in which a gradient is summed: an arena cut where backpropagation through time has
/// finished what comes before, and behind them `StepStatistics`.
package enum ArenaPieces {
  /// The pieces that end at `ends`, which ascend to the number of parameters.
  package static func cut(at ends: [Int]) -> [Range<Int>] {
    let bounds = [0] + ends + [(ends.last ?? 0) + StepStatistics.count]
    return zip(bounds, bounds.dropFirst()).map { $0..<$1 }
  }

  /// The pieces that a worker finishes one after the other; or, unless they are to be summed `apart`, all of
  /// the arena.
  package static func of(_ layout: ParameterLayout, apart: Bool = true) -> [Range<Int>] {
    cut(at: apart ? layout.pieces.map(\.range.upperBound) : [layout.count])
  }
}
