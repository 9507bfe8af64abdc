import Cluster

/// The times of a rank in the steps of an interval, and what is known of its processors: what each
/// rank tells rank 0 when the interval ends.
package struct RankTimes: Codable, Equatable, Sendable {
  /// The number of steps.
  package private(set) var steps = 0.0
  /// The samples of the thread that has most of them, of all steps together.
  package private(set) var busiestSamples = 0.0
  /// The seconds of the parts of `StepTimes`, of all steps together. The reduction is as much as the
  /// rank did nothing else; with it the rank waits for those that come later.
  package private(set) var computation = 0.0, reduction = 0.0, hiddenReduction = 0.0
  package private(set) var optimizer = 0.0, total = 0.0
  /// The reasons for which its threads computed less than they could have.
  package var use = ProcessorUse()

  /// An interval without a step so far.
  package init() {}

  /// Adds a step.
  package mutating func add(_ times: StepTimes) {
    steps += 1
    busiestSamples += Double(times.busiestSamples)
    computation += times.computation
    reduction += times.reduction
    hiddenReduction += times.hiddenReduction
    optimizer += times.optimizer
    total += times.total
  }

  /// The seconds in which the thread with most samples computes one.
  package var secondsPerSample: Double {
    busiestSamples > 0 ? (computation - hiddenReduction) / busiestSamples : 0
  }

  /// The properties as they stand in a message.
  private static var fields: [WritableKeyPath<RankTimes, Double>] {
    [
      \.steps, \.busiestSamples, \.computation, \.reduction, \.hiddenReduction, \.optimizer,
      \.total, \.use.waiting, \.use.throttled, \.use.stolen, \.use.swapped, \.use.megahertz,
    ]
  }

  /// The message of a rank.
  var numbers: [Double] { Self.fields.map { self[keyPath: $0] } }

  /// Reads the messages of all ranks, one behind the other.
  static func all(in numbers: [Double]) -> [RankTimes] {
    let fields = fields
    return stride(from: 0, to: numbers.count, by: fields.count).map { start in
      var times = RankTimes()
      for (index, field) in fields.enumerated() { times[keyPath: field] = numbers[start + index] }
      return times
    }
  }
}

/// The rank for which the others waited in the steps of an interval.
package struct LastRank: Equatable, Sendable {
  /// Its number.
  package let rank: Int
  /// The seconds of a step that the others waited for it on average.
  package let seconds: Double

  /// The last of some ranks; nil for one rank, which nobody waits for.
  ///
  /// All ranks leave the reduction of a step at about the same time, so that the one that comes last
  /// spends the least time in it. No clock of one host is compared with that of another.
  package init?(of ranks: [RankTimes]) {
    guard ranks.count > 1, let steps = ranks.first?.steps, steps > 0,
      let last = ranks.indices.min(by: { ranks[$0].reduction < ranks[$1].reduction })
    else { return nil }
    let others = ranks.reduce(0) { $0 + $1.reduction } - ranks[last].reduction
    rank = last
    seconds = (others / Double(ranks.count - 1) - ranks[last].reduction) / steps
  }
}
