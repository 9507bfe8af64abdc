import Cluster
import Files
import Foundation
import Reports

extension DoctorReport {
  /// The report for a person, in lines of less than 80 columns.
  package var table: String {
    ([hostLines, linkLines] + Finding.Severity.allCases.map(lines)).filter { !$0.isEmpty }
      .map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }

  // The hosts: a line for each fact that all have alike, or for each value of it.
  private var hostLines: [String] {
    let ranks = hosts.reduce(0) { $0 + $1.ranks }
    let title =
      "\(counted(ranks, "rank")) on \(counted(hosts.count, "host")): \(hosts.names.inWords)"
    let facts: [(String, (HostFacts) -> String)] = [
      ("ranks x threads", { "\($0.ranks) x \($0.threadsPerRank)" }),
      ("processor", \.processor),
      ("instruction set", \.instructionSet),
      ("processors", \.processorsInWords),
      ("memory", \.memoryInWords),
      ("MPI", \.mpi),
      ("libraries", \.librariesInWords),
      ("network", \.networkInWords),
      ("system", \.system),
    ]
    return wrapped(title, indent: 2) + facts.flatMap { rows($0.0, $0.1) }
  }

  private func rows(_ title: String, _ fact: (HostFacts) -> String) -> [String] {
    let groups = hosts.groups(by: fact)
    let most = 4
    var lines: [String] = []
    for (index, group) in groups.prefix(most).enumerated() {
      let name = "  " + (index == 0 ? title : "")
      let hosts = groups.count > 1 ? " (\(group.hosts.names.inWords))" : ""
      lines += wrapped(columns.line(name, [], note: group.fact + hosts), indent: nameWidth)
    }
    if groups.count > most {
      lines.append(columns.line("", [], note: "and \(groups.count - most) other kinds"))
    }
    return lines
  }

  // The links: all of a few, or else the slowest.
  private var linkLines: [String] {
    guard let typical = cluster.link else { return [] }
    let table = TextTable(nameWidth: 40, cellWidth: 14)
    let isShort = links.count <= 6
    let shown =
      isShort ? links : Array(links.sorted { $0.bytesPerSecond < $1.bytesPerSecond }.prefix(4))
    let lines = shown.map { link in
      table.line(
        "  \(link.from) - \(link.to)",
        [link.latencySeconds.timeInWords, link.bytesPerSecond.speedInWords])
    }
    guard links.count > 1 else { return [table.line("Between hosts", linkHeadings)] + lines }
    let median = table.line(
      "  median of \(links.count)",
      [typical.latencySeconds.timeInWords, typical.bytesPerSecond.speedInWords])
    return [table.line(isShort ? "Between hosts" : "Between hosts, the slowest", linkHeadings)]
      + lines + [median]
  }

  private var linkHeadings: [String] { ["latency", "bandwidth"] }

  // The findings of one weight.
  private func lines(_ severity: Finding.Severity) -> [String] {
    let findings = findings.filter { $0.severity == severity }
    guard !findings.isEmpty else { return [] }
    return [severity.title]
      + findings.flatMap { finding -> [String] in
        let isOfAll = finding.hosts.isEmpty || finding.hosts.count == hosts.count
        let place = isOfAll ? "" : finding.hosts.inWords + ": "
        let advice = finding.advice.map { wrapped("    → \($0)", indent: 6) } ?? []
        return wrapped(
          "  \(severity.mark) \(finding.subject): \(place)\(finding.sentence)", indent: 4)
          + advice
      }
  }
}

extension Finding.Severity {
  fileprivate var title: String {
    switch self {
    case .failure: "A training would fail"
    case .advice: "A training would do better"
    case .fine: "All is well with"
    }
  }

  fileprivate var mark: String {
    switch self {
    case .failure: "✗"
    case .advice: "!"
    case .fine: "✓"
    }
  }
}

// The facts in a few words.
extension HostFacts {
  fileprivate var processorsInWords: String {
    let share =
      allowedProcessors < processors ? "\(allowedProcessors) of \(processors)" : "\(processors)"
    return share + (processorQuota.map { ", a quota of \($0.shortText)" } ?? "")
  }

  fileprivate var memoryInWords: String {
    memoryBytes.bytesInWords + (memoryLimitBytes.map { ", a limit of \($0.bytesInWords)" } ?? "")
  }

  fileprivate var librariesInWords: String {
    let versions = [ucx.map { "UCX \($0)" }, libfabric.map { "libfabric \($0)" }]
    let names = versions.compactMap { $0 }.joined(separator: ", ")
    return names.isEmpty ? "no UCX, no libfabric" : names
  }

  fileprivate var networkInWords: String {
    let used = usedInterfaces
    let shown = used.isEmpty ? interfaces : used
    let names = shown.map { $0.name + ($0.bitsPerSecond.map { " (\($0.rateInWords))" } ?? "") }
    return names.isEmpty ? "none" : names.joined(separator: ", ")
  }
}

private let nameWidth = 20
private let columns = TextTable(nameWidth: nameWidth, cellWidth: 0)
