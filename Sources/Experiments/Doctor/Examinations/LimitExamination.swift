import Cluster
import Files

/// Looks for limits of processes (`ulimit`) that a training may meet.
struct LimitExamination: Examination {
  /// The files that a rank has open besides a connection to each other rank.
  private static let otherFiles = 64.0
  /// The locked memory that transfers by RDMA may take, in bytes.
  private static let lockedBytes = 0x1p30

  func findings(_ survey: Survey) -> [Finding] {
    let subject = "limits"
    let files = Double(survey.rankCount) + Self.otherFiles
    let checkpoint = survey.experiment?.checkpointBytes
    let findings = survey.hosts.groups(by: \.limits).flatMap { limits, hosts -> [Finding] in
      var findings: [Finding] = []
      func find(
        _ severity: Finding.Severity, on some: [HostFacts]? = nil, _ sentence: String,
        _ advice: String
      ) {
        findings.append(
          Finding(severity, subject, on: (some ?? hosts).names, sentence, advice: advice))
      }
      if let openFiles = limits.openFiles, openFiles < files {
        find(
          .advice,
          "a process may open \(Int(openFiles)) files, and each of "
            + "\(counted(survey.rankCount, "rank")) may need \(Int(files))",
          "raise the limit (ulimit -n)")
      }
      if let fileBytes = limits.fileBytes, fileBytes < checkpoint ?? .infinity {
        find(
          checkpoint == nil ? .advice : .failure,
          "a file may have \(fileBytes.bytesInWords)"
            + (checkpoint.map { ", and a checkpoint has \($0.bytesInWords)" }
              ?? ": no larger checkpoint can be written"),
          "raise the limit (ulimit -f)")
      }
      if let addressBytes = limits.addressBytes {
        find(
          .advice,
          "a process may have \(addressBytes.bytesInWords) of addresses, of which MPI and threads "
            + "take more than they use", "lift the limit (ulimit -v unlimited)")
      }
      let fabrics = hosts.filter { !$0.rdmaDevices.isEmpty }
      if let lockedBytes = limits.lockedBytes, lockedBytes < Self.lockedBytes, !fabrics.isEmpty {
        find(
          .advice, on: fabrics,
          "a process may lock \(lockedBytes.bytesInWords), too little for messages by RDMA",
          "lift the limit (ulimit -l unlimited)")
      }
      return findings
    }
    return findings.isEmpty
      ? [Finding(.fine, subject, "no limit of a process is in the way")] : findings
  }
}
