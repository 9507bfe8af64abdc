import Cluster

/// A rank that has been slower than the others for a while.
package struct Straggler: Equatable, Sendable {
  /// Its number.
  package let rank: Int
  /// The part by which it takes longer for a sample than the others do, such as 0.25.
  package let excess: Double
  /// The steps that this has been so.
  package let steps: Int
  /// The reasons in words, the worst first; empty if none is known.
  package let causes: [String]

  package init(rank: Int, excess: Double, steps: Int, causes: [String]) {
    (self.rank, self.excess, self.steps, self.causes) = (rank, excess, steps, causes)
  }
}

/// Finds ranks that are slower than the others for a while, each once.
///
/// It compares the time for a sample, and not that of a step: ranks may have more shards than others,
/// or fewer threads.
package struct StragglerWatch: Sendable {
  /// The part by which a straggler takes longer than the usual rank.
  package static let excess = 0.2
  /// The intervals in a row, and their seconds, after which it is one.
  package static let (intervals, seconds) = (3, 10.0)

  /// The intervals in which a rank was slow, up to the last one.
  private struct Slowness {
    var (intervals, steps, seconds) = (0, 0.0, 0.0)
    /// The sums of its time for a sample and of the others'.
    var (mine, others) = (0.0, 0.0)
  }
  private var slow: [Int: Slowness] = [:]
  private var named: Set<Int> = []

  /// A watch that has seen no interval.
  package init() {}

  /// Takes note of an interval of all ranks, and returns those that have become stragglers.
  package mutating func look(_ ranks: [RankTimes]) -> [Straggler] {
    let usual = Self.usual(ranks.map(\.secondsPerSample), slowest: >)
    var found: [Straggler] = []
    for (rank, times) in ranks.enumerated() {
      guard usual > 0, times.secondsPerSample > (1 + Self.excess) * usual else {
        slow[rank] = nil
        continue
      }
      var slowness = slow[rank] ?? Slowness()
      slowness.intervals += 1
      slowness.steps += times.steps
      slowness.seconds += times.total
      slowness.mine += times.secondsPerSample
      slowness.others += usual
      slow[rank] = slowness
      guard slowness.intervals >= Self.intervals, slowness.seconds >= Self.seconds,
        named.insert(rank).inserted
      else { continue }
      found.append(
        Straggler(
          rank: rank, excess: slowness.mine / slowness.others - 1, steps: Int(slowness.steps),
          causes: times.use.causes(
            usualMegahertz: Self.usual(ranks.map(\.use.megahertz), slowest: <))))
    }
    return found
  }

  /// The median of all but the slowest: what a slow rank is compared with, also where there are two
  /// ranks.
  ///
  /// - Parameter slowest: true if the first of two numbers is that of the slower rank.
  private static func usual(
    _ numbers: [Double], slowest isSlower: (Double, Double) -> Bool
  ) -> Double {
    let others = numbers.sorted { isSlower($1, $0) }.dropLast()
    guard !others.isEmpty else { return 0 }
    return (others[(others.count - 1) / 2] + others[others.count / 2]) / 2
  }
}
