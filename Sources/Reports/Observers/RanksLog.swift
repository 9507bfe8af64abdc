import Cluster
import Files
import Foundation
import Training

/// Writes `ranks.jsonl`: a line of JSON with the times of each rank for each interval of steps.
///
/// The lines depend on the machine; those that do not are in `metrics.jsonl`.
package final class RanksLog: TrainingObserver {
  private let lines: RunLines
  private let run: TrainingRun
  private var hosts: [String] { run.machine.hostNames }

  /// Opens the file of a run, keeping the lines of the steps that are done.
  ///
  /// - Throws: `FileError`.
  package init(_ run: TrainingRun) throws {
    lines = try RunLines(path: run.ranksPath, upTo: run.firstStep - 1) { _ in true }
    self.run = run
  }

  package func runBegan() {
    // A run is as good without: the line waits if it cannot be written.
    try? lines.append(StartRecord(run, time: Self.now))
  }

  package func intervalEnded(_ interval: IntervalEvent) throws {
    try lines.append(RanksRecord(interval, hosts: hosts, time: Self.now))
  }

  package func runEnded() {
    try? lines.append(EndRecord(step: run.lastStep, time: Self.now))
    try? lines.flush()
  }

  private static var now: Double { Date().timeIntervalSince1970 }
}

/// The start of a part of a run in `ranks.jsonl`.
package struct StartRecord: Codable, Equatable, Sendable {
  package static let type = "start"
  package var type = Self.type
  /// The steps done before it, and those of an epoch.
  package let step, stepsPerEpoch: Int
  /// The time, in seconds since 1970.
  package let time: Double
  /// The version of the program.
  package let version: String
  /// The host of each rank.
  package let hosts: [String]
  /// The numbers of threads that ranks have, each once, ascending.
  package let threads: [Int]
  /// The processor of rank 0, and the instruction set of all.
  package let processor, instructionSet: String

  package init(_ run: TrainingRun, time: Double) {
    (step, stepsPerEpoch) = (run.firstStep - 1, run.stepsPerEpoch)
    (self.time, version) = (time, programVersion)
    (hosts, threads) = (run.machine.hostNames, run.machine.threads)
    (processor, instructionSet) = (ProcessFacts.processorName, run.machine.instructionSet)
  }
}

/// The end of a part of a run, which did all steps that it was to do, in `ranks.jsonl`.
package struct EndRecord: Codable, Equatable, Sendable {
  package static let type = "end"
  package var type = Self.type
  package let step: Int
  /// The time, in seconds since 1970.
  package let time: Double

  package init(step: Int, time: Double) { (self.step, self.time) = (step, time) }
}

/// The times of the ranks in an interval in `ranks.jsonl`. Seconds are means of the interval's steps.
package struct RanksRecord: Codable, Equatable, Sendable {
  /// The rank for which the others waited.
  package struct Last: Codable, Equatable, Sendable {
    package let rank: Int
    package let host: String
    /// The time that they waited for it.
    package let seconds: Double
  }

  /// A rank that has become a straggler.
  package struct Slow: Codable, Equatable, Sendable {
    package let rank: Int
    package let host: String
    /// The part by which it takes longer for a sample.
    package let excess: Double
    /// The steps that this has been so.
    package let steps: Int
    package let causes: [String]
  }

  /// The times of one rank.
  package struct Rank: Codable, Equatable, Sendable {
    package let rank: Int
    package let host: String
    /// The whole step, and its parts on the thread that calls MPI: computing gradients, in which
    /// `hiddenReduction` lies; the reduction, with the wait for other ranks; the update.
    package let total, computation, hiddenReduction, reduction, optimizer: Double
    /// The reasons for which its threads computed less than they could have.
    package let processor: ProcessorUse

    package init(
      rank: Int, host: String, total: Double, computation: Double, hiddenReduction: Double,
      reduction: Double, optimizer: Double, processor: ProcessorUse
    ) {
      (self.rank, self.host, self.total) = (rank, host, total)
      (self.computation, self.hiddenReduction) = (computation, hiddenReduction)
      (self.reduction, self.optimizer, self.processor) = (reduction, optimizer, processor)
    }
  }

  package var type = "ranks"
  /// The last step of the interval, and the number of its steps.
  package let step, steps: Int
  /// The time, in seconds since 1970; nil in a file of an earlier version.
  package let time: Double?
  package let last: Last?
  package let stragglers: [Slow]
  package let ranks: [Rank]

  /// The record of an interval of ranks on these hosts.
  package init(_ event: IntervalEvent, hosts: [String], time: Double) {
    (step, self.time) = (event.step, time)
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
