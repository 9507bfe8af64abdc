/// The report of `lockstep doctor`. The names are the keys in JSON, which stay.
package struct DoctorReport: PrintedReport, Equatable, Sendable {
  /// The shape of the job and its network, as `lockstep plan` takes them.
  package let cluster: ClusterDescription
  package let hosts: [HostFacts]
  package let links: [LinkFacts]
  /// The needs of the experiment; nil where none was named, or it could not be read.
  package let experiment: ExperimentNeeds?
  /// The findings: failures first, then advice, then what is well.
  package let findings: [Finding]

  /// The report on a survey, with findings that were made before.
  package init(_ survey: Survey, and others: [Finding] = []) {
    (cluster, hosts, links) = (survey.cluster, survey.hosts, survey.links)
    experiment = survey.experiment
    var all: [Finding] = []
    for finding in others + examinations.flatMap({ $0.findings(survey) })
    where !all.contains(where: { $0.sentence == finding.sentence && $0.hosts == finding.hosts }) {
      all.append(finding)
    }
    findings = Finding.Severity.allCases.flatMap { severity in
      all.filter { $0.severity == severity }
    }
  }

  /// The number of reasons for which a training would fail.
  package var failureCount: Int { findings.count { $0.severity == .failure } }
}
