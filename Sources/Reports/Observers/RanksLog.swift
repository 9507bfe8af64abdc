import Cluster
import Files
import Training

/// Writes `ranks.jsonl`: a line of JSON with the times of each rank for each interval of steps.
///
/// The lines depend on the machine; those that do not are in `metrics.jsonl`.
package final class RanksLog: TrainingObserver {
  private let lines: RunLines
  private let hosts: [String]

  /// Opens the file of a run, keeping the lines of the steps that are done.
  ///
  /// - Throws: `FileError`.
  package init(_ run: TrainingRun) throws {
    lines = try RunLines(path: run.ranksPath, upTo: run.firstStep - 1) { _ in true }
    hosts = run.machine.hostNames
  }

  package func intervalEnded(_ interval: IntervalEvent) throws {
    try lines.append(RanksRecord(interval, hosts: hosts))
  }

  package func runEnded() { try? lines.flush() }
}

/// The times of the ranks in an interval in `ranks.jsonl`. Seconds are means of the interval's steps.
package struct RanksRecord: Codable, Equatable {
  /// The rank for which the others waited.
  package struct Last: Codable, Equatable {
    package let rank: Int
    package let host: String
    /// The time that they waited for it.
    package let seconds: Double
  }

  /// A rank that has become a straggler.
  package struct Slow: Codable, Equatable {
    package let rank: Int
    package let host: String
    /// The part by which it takes longer for a sample.
    package let excess: Double
    /// The steps that this has been so.
    package let steps: Int
    package let causes: [String]
  }

  /// The times of one rank.
  package struct Rank: Codable, Equatable {
    package let rank: Int
    package let host: String
    /// The whole step, and its parts on the thread that calls MPI: computing gradients, in which
    /// `hiddenReduction` lies; the reduction, with the wait for other ranks; the update.
    package let total, computation, hiddenReduction, reduction, optimizer: Double
    /// The reasons for which its threads computed less than they could have.
    package let processor: ProcessorUse
  }

  package var type = "ranks"
  /// The last step of the interval, and the number of its steps.
  package let step, steps: Int
  package let last: Last?
  package let stragglers: [Slow]
  package let ranks: [Rank]

  /// The record of an interval of ranks on these hosts.
  package init(_ event: IntervalEvent, hosts: [String]) {
    step = event.step
    steps = Int(event.ranks.first?.steps ?? 0)
    last = event.last.map { Last(rank: $0.rank, host: hosts[$0.rank], seconds: $0.seconds) }
    stragglers = event.stragglers.map {
      Slow(
        rank: $0.rank, host: hosts[$0.rank], excess: $0.excess, steps: $0.steps, causes: $0.causes)
    }
    ranks = event.ranks.enumerated().map { rank, times in
      func mean(_ seconds: Double) -> Double { seconds / max(times.steps, 1) }
      return Rank(
        rank: rank, host: hosts[rank], total: mean(times.total),
        computation: mean(times.computation), hiddenReduction: mean(times.hiddenReduction),
        reduction: mean(times.reduction), optimizer: mean(times.optimizer), processor: times.use)
    }
  }
}
