import Files
import Foundation
import Reports

extension BenchmarkReport {
  /// The report for a person, in lines of less than 80 columns.
  package var table: String {
    let parts = [
      machineLines, speedLines, peakLines, splitLines, rankLines, communicationLines,
    ]
    return parts.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }
      .joined(separator: "\n\n")
  }

  private var machineLines: [String] {
    let model = experiment
    let job =
      "\(counted(machine.ranks, "rank")) on \(counted(machine.hosts, "host")), "
      + "\(counted(machine.threads, "thread")) on \(counted(short(machine.cores), "core")) in all"
    return [
      "Measured on",
      line("processor", note: machine.processors.joined(separator: ", ")),
      line("", note: machine.instructionSet),
      line("job", note: job),
      line("", note: machine.mpi),
      line("model", note: model.model),
      line("", note: "\(model.timeSteps) x \(model.inputSize) inputs, \(model.classes) classes"),
      line("", note: "\(model.parameters) parameters, \(machine.precision)"),
      line("steps", note: "\(steps) of \(model.batch) samples in \(counted(blocks, "block"))"),
      line("", note: "after \(warmup) to warm up"),
    ]
  }

  private var speedLines: [String] {
    func spread(_ name: String, _ spread: MedianRange, digits: Int) -> String {
      line(name, [spread.median, spread.min, spread.max].map { fixed($0, digits) })
    }
    return [
      heading("Speed", ["median", "min", "max"]),
      spread("samples/s", samplesPerSecond, digits: 0),
      spread("ms a step", millisecondsPerStep, digits: 2),
      line("evaluation", [fixed(evaluation.samplesPerSecond, 0)], note: "samples/s"),
      line("start", [startSeconds.map { fixed($0, 2) } ?? "?"], note: "s to the first step"),
      line("memory", [fixed(peakMemoryMebibytes, 0)], note: "MiB, the largest rank"),
    ]
  }

  private var peakLines: [String] {
    let megaflops = fixed(Double(peak.operationsPerSample) * 1e-6, 2)
    return [heading("Share of the peak", ["GFLOP/s"])]
      + peak.gigaflopsPerCore.sorted { $0.key > $1.key }.map {
        line("a core's \($0.key)", [fixed($0.value, 1)])
      } + [
        line("all cores' \(peak.precision)", [fixed(peak.gigaflops, 1)]),
        line("the training", [fixed(peak.usedGigaflops, 1)], note: "\(megaflops) MFLOP a sample"),
        line("share", [fixed(peak.percent, 1) + " %"]),
      ]
  }

  private var splitLines: [String] {
    let sum = split.values.reduce(0) { $0 + $1.milliseconds }
    let parts = StepPhase.allCases.compactMap { phase in
      split[phase.rawValue].map { (phase.title, $0) }
    }
    return [heading("A step", ["ms", "%", "slowest"])]
      // What cannot happen here, such as waiting for others where there are none, is left out.
      + parts.filter { $0.1.slowestMilliseconds > 0 }.map { title, part in
        line(
          title,
          [
            fixed(part.milliseconds, 3), fixed(part.percent, 1),
            fixed(part.slowestMilliseconds, 3),
          ])
      } + [line("sum", [fixed(sum, 3), "100.0"])]
  }

  /// The ranks that are lines of their own; where there are more, the hosts are.
  private static let mostRanks = 16

  private var rankLines: [String] {
    guard let ranks, ranks.count > 1 else { return [] }
    let computing: [StepPhase] = [
      .gather, .forward, .backwardThroughTime, .weightGradients, .otherComputation,
    ]
    /// The mean of some ranks.
    func cells(_ ranks: [Rank]) -> [String] {
      [computing, [.waitingForThreads], [.reduction], [.waitingForRanks]].map { phases in
        let sum = ranks.reduce(0) { sum, rank in
          sum + phases.reduce(0) { $0 + (rank.milliseconds[$1.rawValue] ?? 0) }
        }
        return fixed(sum / Double(ranks.count), 3)
      }
    }
    let hosts = ranks.reduce(into: [String]()) { if !$0.contains($1.host) { $0.append($1.host) } }
    let columns = ["computing", "threads", "reduction", "waiting"]
    var lines = [heading("A step by rank, ms", columns)]
    if ranks.count <= Self.mostRanks {
      lines += ranks.map { line("\($0.rank) on \($0.host)", cells([$0])) }
    }
    if hosts.count > 1 {
      lines += hosts.map { host in line("all on \(host)", cells(ranks.filter { $0.host == host })) }
    }
    return lines + [line("all", cells(ranks))]
  }

  private var communicationLines: [String] {
    guard let communication else { return [] }
    return [
      heading("Communication", ["ms"]),
      line("reduction, exposed", [fixed(communication.exposedMilliseconds, 3)], note: "a step"),
      line("reduction, hidden", [fixed(communication.hiddenMilliseconds, 3)], note: "a step"),
      "",
      heading("MPI_Allreduce", ["us", "GB/s"]),
    ]
      + communication.allReduce.map {
        line(
          "\($0.bytes) bytes", [fixed($0.microseconds, 1), fixed($0.gigabytesPerSecond, 3)])
      }
  }
}

extension StepPhase {
  fileprivate var title: String {
    switch self {
    case .gather: "gather"
    case .forward: "forward"
    case .backwardThroughTime: "backward through time"
    case .weightGradients: "weight gradients"
    case .otherComputation: "other computation"
    case .waitingForThreads: "waiting for threads"
    case .reduction: "reduction, exposed"
    case .waitingForRanks: "waiting for ranks"
    case .optimizer: "optimizer"
    case .other: "other"
    }
  }
}

private let columns = TextTable(nameWidth: 24, cellWidth: 10)

private func heading(_ name: String, _ cells: [String]) -> String { columns.line(name, cells) }

private func line(_ name: String, _ cells: [String] = [], note: String = "") -> String {
  columns.line("  " + name, cells, note: note)
}

private func fixed(_ number: Double, _ digits: Int) -> String {
  String(format: "%.\(digits)f", number)
}

/// A number without digits that say nothing.
private func short(_ number: Double) -> String { String(format: "%g", number) }

private func counted(_ number: String, _ noun: String) -> String {
  "\(number) \(noun)\(number == "1" ? "" : "s")"
}
