import Cluster
import Configuration
import Files
import Foundation
import Training

/// The command line of `lockstep doctor` besides that of the training that it is to examine.
package struct DoctorOptions: Sendable {
  /// A file for the report as JSON; `-` for standard output, which then has nothing else.
  package var json: String?
  /// The first part of the name of the run's folder, if the training's options do not name one.
  package var name = "run"

  package init() {}
}

/// Examines the hosts of a job, and finds what a training on them would fail for: what
/// `lockstep doctor` does on every rank.
///
/// - Parameters:
///   - training: the options of the training.
///   - configure: reads the training's configuration; nil to examine the hosts alone.
/// - Throws: `JobFailure` with the status of wrong input where a training would fail; `RankFailure`.
package func doctor(
  _ group: ProcessGroup, _ options: DoctorOptions, _ training: TrainingOptions,
  configure: ((ResumedRun?) throws -> Configuration)?
) throws {
  let output = ReportOutput(json: options.json)
  try group.onRoot { try output.prepare() }
  let folder = training.output ?? "runs/\(options.name)"
  var surveyor = try Surveyor(group, folder: absolutePath(folder))
  var findings: [Finding] = []
  if let configure {
    let preflight = try Preflight(group, training, name: options.name, configure: configure)
    let trial = try preflight.context.map { try TrialStep($0) }
    try surveyor.add(preflight, trial)
    findings = preflight.findings(trial)
  } else {
    findings = [
      Finding(
        .advice, "experiment", "none was named, so its data, memory and folder were not tried",
        advice: "name one with --config, and the other options of lockstep train")
    ]
  }
  let survey = try surveyor.survey()
  var count = 0
  try group.onRoot {
    let report = DoctorReport(survey, and: findings)
    try output.write(report)
    count = report.failureCount
  }
  count = try group.locally { try group.world.broadcast(count, root: 0) }
  guard count == 0 else {
    throw JobFailure(
      "a training would fail here for \(counted(count, "reason")), which the report names",
      status: JobFailure.inputStatus)
  }
}

extension Preflight {
  /// The findings of the checks, and of a trial where they passed.
  fileprivate func findings(_ trial: TrialStep?) -> [Finding] {
    let subject = "experiment"
    var findings = failures.map { Finding(.failure, subject, on: $0.hosts, $0.sentence) }
    if let failure = trial?.failure { findings.append(Finding(.failure, subject, failure)) }
    findings += warnings.map { Finding(.advice, subject, on: $0.hosts, $0.sentence) }
    guard let trial, trial.failure == nil, failures.isEmpty else { return findings }
    return findings + [
      Finding(
        .fine, subject,
        "a trial of \(counted(trial.steps, "step")) took \(trial.seconds.timeInWords)\(trial.steps > 1 ? " each" : ""), "
          + "\(trial.messageSeconds.timeInWords) of which for messages and waiting")
    ]
  }
}
