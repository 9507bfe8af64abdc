import Files
import Foundation
import Reports

extension PlanReport {
  /// The report as a page shows it.
  var page: PlanPage.Content {
    let host =
      "\(counted(cluster.ranksPerHost, "rank")) of \(counted(cluster.threadsPerRank, "thread")) a host"
    let link = cluster.link.map {
      ", links of \($0.bytesPerSecond.speedInWords) and \($0.latencySeconds.timeInWords)"
    }
    return PlanPage.Content(
      lead: "\(experiment.model), \(experiment.batch) samples a step; \(host)\(link ?? "")",
      parts: ["computation", "messages", "link", "jitter"],
      headings: ["hosts", "batch", "shards", "ms a step", "samples/s", "efficiency", "MB sent"],
      scalings: [scaling(strong, "The same batch"), scaling(weak, "A batch that grows")],
      notes: [
        "lockstep plan, by simulation of the schedule that the reduction runs, from what lockstep "
          + "bench measured on \(processors.joined(separator: ", ")). The job that was measured "
          + "takes \(number(measuredMilliseconds)) ms a step, and "
          + "\(number(simulatedMilliseconds)) ms in the simulation.",
        "Where there are more shards than the configuration has, it is another experiment.",
      ])
  }

  private func scaling(_ scaling: Scaling, _ title: String) -> PlanPage.Content.Scaling {
    PlanPage.Content.Scaling(
      title: title, conclusion: scaling.conclusion,
      rows: scaling.steps.map { step in
        PlanPage.Content.Row(
          hosts: step.hosts, samplesPerSecond: step.samplesPerSecond,
          parts: [step.computation, step.messages, step.link, step.jitter],
          cells: [
            "\(step.batch)", "\(step.shards)", number(step.milliseconds),
            String(format: "%.0f", step.samplesPerSecond),
            String(format: "%.0f %%", 100 * step.efficiency),
            String(format: "%.2f", step.sentBytes * 1e-6),
          ])
      })
  }

  private func number(_ milliseconds: Double) -> String { String(format: "%.2f", milliseconds) }
}
