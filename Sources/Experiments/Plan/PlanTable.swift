import Files
import Foundation
import Reports

extension PlanReport {
  /// The report for a person, in lines of less than 80 columns.
  package var table: String {
    ([headLines, lines(strong, "The same batch"), lines(weak, "A batch that grows with the hosts")])
      .map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }

  private var headLines: [String] {
    let processors =
      cluster.processorsInAll.map { ", \($0.shortText) processors in all" }
      ?? cluster.processorsPerHost.map { ", \($0.shortText) processors" } ?? ""
    let link = cluster.link.map {
      "\($0.bytesPerSecond.speedInWords) and \($0.latencySeconds.timeInWords)"
        + ($0.burstBytes.map { ", bursts of \($0.shortText) bytes" } ?? "")
    }
    return [
      "Planned for",
      "  model       \(experiment.model), \(experiment.precision)",
      "  step        \(experiment.batch) samples of \(counted(experiment.shards, "shard"))",
      "  host        \(counted(cluster.ranksPerHost, "rank")) of "
        + "\(counted(cluster.threadsPerRank, "thread"))\(processors)",
      "  link        \(link ?? "none")",
      "  gradient    \(experiment.gradientBytes) bytes (\(experiment.wire))",
      "  checked by  the job that was measured: \(fixed(measuredMilliseconds)) ms a step, "
        + "simulated \(fixed(simulatedMilliseconds))",
    ]
  }

  private func lines(_ scaling: Scaling, _ title: String) -> [String] {
    let columns = TextTable(nameWidth: 7, cellWidth: 9)
    let isRaised = scaling.steps.contains { $0.shards > experiment.shards }
    return [
      title,
      columns.line(
        " hosts", ["batch", "ms", "samples", "%", "compute", "messages", "link", "jitter"]),
    ]
      + scaling.steps.map { step in
        let mark = step.shards > experiment.shards ? "*" : " "
        return columns.line(
          String(format: "%5d", step.hosts) + mark,
          [
            "\(step.batch)", fixed(step.milliseconds),
            String(format: "%.0f", step.samplesPerSecond),
            String(format: "%.0f", 100 * step.efficiency), fixed(step.computation),
            fixed(step.messages), fixed(step.link), fixed(step.jitter),
          ])
      } + wrapped("  → \(scaling.conclusion)", indent: 4)
      + (isRaised
        ? ["  * with a data.shards of as many as there are ranks: another experiment"] : [])
  }

  /// A time in few characters.
  private func fixed(_ milliseconds: Double) -> String {
    String(format: abs(milliseconds) < 1000 ? "%.2f" : "%.0f", milliseconds)
  }
}
