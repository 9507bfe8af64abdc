import Cluster
import Training

/// The parts of a step: a thread is in one of them at any time. The names are the keys in JSON.
package enum StepPhase: String, CaseIterable {
  case gather, forward, backwardThroughTime, weightGradients, otherComputation
  case waitingForThreads, reduction, waitingForRanks, optimizer, other
}

/// The split of the measured steps' time among the phases, in each thread of this rank.
struct StepSplit {
  /// For each thread the seconds of each phase.
  private var threads: [[Double]] = []
  private var hiddenReduction = 0.0
  private var steps = 0

  /// Adds the steps of a block.
  ///
  /// All ranks leave the reduction of a step at about the same time, and the one that comes last
  /// waits for none: what it spends there is the reduction itself, and what another spends more is
  /// waiting.
  mutating func add(_ block: [StepTimes], _ group: ProcessGroup) throws {
    let reductions = try group.world.allGather(block.map(\.reduction))
    for (step, times) in block.enumerated() {
      let least = reductions.map { $0[step] }.min() ?? times.reduction
      if threads.isEmpty {
        threads = times.threads.map { _ in StepPhase.allCases.map { _ in 0 } }
      }
      for (thread, compute) in times.threads.enumerated() {
        for (index, phase) in StepPhase.allCases.enumerated() {
          threads[thread][index] += times.seconds(of: phase, compute, leastReduction: least)
        }
      }
      hiddenReduction += times.hiddenReduction
    }
    steps += block.count
  }

  /// The share of one phase, in seconds a step: the mean over all threads of all ranks, and the
  /// largest.
  typealias Share = (mean: Double, slowest: Double)

  /// All phases of all ranks. Every rank calls this and gets the same.
  func shares(_ group: ProcessGroup) throws -> [StepPhase: Share] {
    let all = try group.world.allGather(threads.flatMap { $0 }).joined().map { $0 / Double(steps) }
    let phases = StepPhase.allCases.count
    let values = StepPhase.allCases.indices.map { phase in
      stride(from: phase, to: all.count, by: phases).map { all[$0] }
    }
    return Dictionary(
      uniqueKeysWithValues: zip(StepPhase.allCases, values).map {
        ($0, ($1.reduce(0, +) / Double($1.count), $1.max() ?? 0))
      })
  }

  /// All phases of each rank, the mean over its threads. Every rank calls this and gets the same.
  func ranks(_ group: ProcessGroup) throws -> [[StepPhase: Double]] {
    let means = StepPhase.allCases.indices.map { phase in
      threads.reduce(0) { $0 + $1[phase] } / Double(threads.count * steps)
    }
    return try group.world.allGather(means).map {
      Dictionary(uniqueKeysWithValues: zip(StepPhase.allCases, $0))
    }
  }

  /// The mean over all ranks of the reduction that computation hid, in seconds a step.
  func hiddenReduction(_ group: ProcessGroup) throws -> Double {
    try group.world.allReduce(hiddenReduction / Double(steps), .sum) / Double(group.size)
  }
}

extension StepTimes {
  /// The seconds that a thread spent in a phase.
  fileprivate func seconds(
    of phase: StepPhase, _ thread: ComputeTimes, leastReduction: Double
  ) -> Double {
    switch phase {
    case .gather: thread.gather
    case .forward: thread.forward
    case .backwardThroughTime: thread.backwardThroughTime
    case .weightGradients: thread.weightGradients
    case .otherComputation:
      thread.total - thread.gather - thread.forward - thread.backwardThroughTime
        - thread.weightGradients
    case .waitingForThreads: threads.count > 1 ? computation - thread.total : 0
    case .reduction: leastReduction
    case .waitingForRanks: reduction - leastReduction
    case .optimizer: optimizer
    case .other:
      total - (threads.count > 1 ? computation : thread.total) - reduction - optimizer
    }
  }
}
