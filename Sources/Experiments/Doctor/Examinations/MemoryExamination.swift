import Cluster

/// Looks for hosts whose memory is nearly used up; whether the training fits, it finds out itself.
struct MemoryExamination: Examination {
  /// The share of the memory that is to be free.
  private static let least = 0.1

  func findings(_ survey: Survey) -> [Finding] {
    let full = survey.hosts.filter { $0.availableMemoryBytes < Self.least * $0.memoryBytes }
    guard full.isEmpty else {
      return full.map { host in
        Finding(
          .advice, "memory", on: [host.name],
          "\(host.availableMemoryBytes.bytesInWords) are left of \(host.memoryBytes.bytesInWords)",
          advice: "end what else runs there")
      }
    }
    let least = survey.hosts.min { $0.availableMemoryBytes < $1.availableMemoryBytes }
    return least.map { host in
      [
        Finding(
          .fine, "memory",
          "\(host.availableMemoryBytes.bytesInWords) of \(host.memoryBytes.bytesInWords) are free"
            + (survey.hosts.count > 1 ? " on \(host.name), and no less elsewhere" : ""))
      ]
    } ?? []
  }
}
