import Cluster
import Configuration
import Files
import Foundation
import Reduction
import Reports

/// The files of `lockstep plan`.
package struct PlanOptions: Sendable {
  /// The report of `lockstep bench` that says how fast the machine is.
  package var benchmark: String
  /// The description of the cluster, or a report of `lockstep doctor`.
  package var cluster: String
  /// A file for the report as JSON; `-` for standard output, which then has nothing else.
  package var json: String?
  /// A file for a page with the report.
  package var html: String?
  /// The largest number of hosts that is planned.
  package var mostHosts = 4096

  package init(benchmark: String, cluster: String) {
    (self.benchmark, self.cluster) = (benchmark, cluster)
  }
}

/// Predicts the steps of a training on a cluster: what `lockstep plan` does.
///
/// - Throws: `FileError`; `ConfigurationError`; `DatasetError`; `JobFailure`.
package func plan(_ options: PlanOptions, _ configuration: Configuration) throws {
  let output = ReportOutput(json: options.json)
  try output.prepare()
  if let path = options.html { _ = try AtomicFile(path: path) }
  let report = try PlanReport(
    BenchmarkFile(path: options.benchmark), ClusterDescription(path: options.cluster),
    configuration, mostHosts: options.mostHosts)
  if let path = options.html {
    let file = try AtomicFile(path: path)
    try file.append(Array(PlanPage(report.page).html.utf8).span.bytes)
    try file.commit()
  }
  try output.write(report)
}

extension PlanReport {
  /// Predicts the steps of an experiment on a cluster of machines like the one that was measured.
  ///
  /// - Throws: `FileError` for a report on something else; `ConfigurationError` for an experiment
  ///   whose messages are MPI's own; `DatasetError`.
  init(
    _ file: BenchmarkFile, _ cluster: ClusterDescription, _ configuration: Configuration,
    mostHosts: Int
  ) throws {
    let layout = try file.require(configuration)
    guard configuration.reduction.order == .reproducible else {
      throw ConfigurationError(
        "reduction.order is native, which leaves the messages to MPI, whose schedule nobody can "
          + "plan; set it to reproducible", key: "reduction.order")
    }
    guard cluster.hosts == 1 || cluster.link != nil else {
      throw ConfigurationError(
        "the cluster has \(cluster.hosts) hosts and no link; add link.latencySeconds and "
          + "link.bytesPerSecond, or measure them with lockstep doctor on several hosts")
    }
    let (report, wire) = (file.report, configuration.reduction.wire)
    let (model, machine) = (report.experiment, report.machine)
    let size = SimulatedJob.Size(
      hosts: 1, ranksPerHost: cluster.ranksPerHost, threadsPerRank: cluster.threadsPerRank,
      batch: configuration.train.batch, shards: configuration.data.shards,
      microbatches: configuration.train.accumulation)
    let powers = (0..<Int.bitWidth - 2).map { 1 << $0 }.prefix { $0 <= mostHosts }
    let hosts =
      cluster.link == nil ? [1] : Set(powers + [cluster.hosts]).sorted()
    let prediction = StepPrediction(report.profile, cluster, layout, wire)
    // The job that was measured, as a check: on one host, where it was.
    let measured = SimulatedJob.Size(
      hosts: 1, ranksPerHost: machine.ranks,
      threadsPerRank: max(machine.threads / machine.ranks, 1),
      batch: model.batch, shards: model.shards)
    var alone = cluster
    (alone.processorsPerHost, alone.processorsInAll) = (machine.cores, nil)
    self.init(
      version: Self.currentVersion, processors: machine.processors,
      instructionSet: machine.instructionSet,
      measuredMilliseconds: report.millisecondsPerStep.median,
      simulatedMilliseconds: 1e3
        * (try StepPrediction(report.profile, alone, layout, wire).step(measured).parts.total),
      cluster: cluster,
      experiment: Experiment(
        model: configuration.model.title, precision: configuration.train.precision.rawValue,
        wire: wire.rawValue, batch: size.batch, shards: size.shards,
        accumulation: size.microbatches,
        gradientBytes: layout.count * (wire == .bfloat16 ? 2 : 4)),
      strong: try Scaling(.strong, hosts: hosts, size, prediction),
      weak: try Scaling(.weak, hosts: hosts, size, prediction))
  }
}
