import Cluster
import Files

/// Compares the threads with the processors that they have for themselves.
struct CoreExamination: Examination {
  func findings(_ survey: Survey) -> [Finding] {
    let subject = "cores"
    var findings: [Finding] = []
    for (_, hosts) in survey.hosts.groups(by: \.load) {
      let host = hosts[0]
      if host.isCrowded {
        findings += hosts.map {
          Finding(.advice, subject, on: [$0.name], CPUAffinity.warning(ofCrowdOn: $0.name))
        }
      } else if Double(host.threads) > host.usable + 0.01 {
        findings.append(
          Finding(
            .advice, subject, on: hosts.names,
            "\(host.work) share \(host.usableInWords)",
            advice:
              "start fewer ranks there (slots= in the host file), lower train.threads, or give "
              + "the job more processors"))
      } else if host.threads * 2 <= host.usable.wholeProcessors {
        findings.append(
          Finding(
            .advice, subject, on: hosts.names,
            "\(host.work) leave most of \(host.usableInWords) idle",
            advice: "start more ranks, or raise train.threads; data.shards is the most for all "
              + "threads together"))
      }
    }
    guard findings.isEmpty, let host = survey.hosts.first else { return findings }
    return [
      Finding(
        .fine, subject,
        "\(host.work) on \(host.usableInWords)"
          + (survey.hosts.count > 1 ? " on each host" : ""))
    ]
  }
}

extension HostFacts {
  /// The figures that decide how well the processors are used.
  fileprivate var load: [Double] {
    [Double(threads), usable, isCrowded ? 1 : 0, processorQuota ?? -1]
  }

  /// The threads of all ranks.
  fileprivate var threads: Int { ranks * threadsPerRank }

  /// The processors that all ranks have together.
  fileprivate var usable: Double { Double(ranks) * processorsPerRank }

  fileprivate var work: String {
    "\(counted(ranks, "rank")) of \(counted(threadsPerRank, "thread"))"
  }

  fileprivate var usableInWords: String {
    let number = usable.shortText
    let quota = processorQuota.map {
      $0 < Double(allowedProcessors) ? " (by a quota of \($0.shortText))" : ""
    }
    return "\(number) processor\(number == "1" ? "" : "s")" + (quota ?? "")
  }
}
