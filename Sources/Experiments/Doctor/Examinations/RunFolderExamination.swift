import Cluster

/// Looks for space for the run's checkpoints, and for hosts that cannot see them.
struct RunFolderExamination: Examination {
  private static let subject = "run's folder"

  func findings(_ survey: Survey) -> [Finding] {
    guard let first = survey.hosts.first, let folder = first.folder else { return [] }
    let findings = space(survey, first, folder) + sharing(survey, first)
    guard findings.isEmpty else { return findings }
    let checkpoint = survey.experiment?.checkpointBytes.map {
      "; a checkpoint takes \($0.bytesInWords)"
    }
    return [
      Finding(
        .fine, Self.subject,
        "\(folder.freeBytes.bytesInWords) of \(folder.totalBytes.bytesInWords) are free in "
          + "\(folder.path) (\(folder.kind))" + (checkpoint ?? ""))
    ]
  }

  private func space(
    _ survey: Survey, _ first: HostFacts, _ folder: FileSystemFacts
  ) -> [Finding] {
    var findings: [Finding] = []
    if let experiment = survey.experiment, let checkpoint = experiment.checkpointBytes {
      // The best checkpoint, and the one that is being written.
      let least = 2 * checkpoint
      let all = Double(experiment.checkpoints) * checkpoint
      if folder.freeBytes < all {
        findings.append(
          Finding(
            folder.freeBytes < least ? .failure : .advice, Self.subject, on: [first.name],
            "\(folder.path) has \(folder.freeBytes.bytesInWords) free, and "
              + "\(experiment.checkpoints) checkpoints take \(all.bytesInWords)",
            advice: "free some space, name another folder with --output, or lower checkpoint.keep"))
      }
    }
    if folder.isInMemory {
      findings.append(
        Finding(
          .advice, Self.subject, on: [first.name],
          "\(folder.path) is a \(folder.kind): what is there is lost with the host",
          advice: "name a folder on a disk with --output"))
    }
    return findings
  }

  private func sharing(_ survey: Survey, _ first: HostFacts) -> [Finding] {
    let blind = survey.hosts.filter { $0.sharesFolder == false }
    guard !blind.isEmpty else { return [] }
    return [
      Finding(
        .advice, Self.subject, on: blind.names,
        "what \(first.name) writes there cannot be seen from here: if \(first.name) is lost, so are the "
          + "checkpoints",
        advice: "name a folder on a file system that all hosts share with --output")
    ]
  }
}
