import Cluster

/// Looks for room for the files through which MPI sends messages within a host.
struct SharedMemoryExamination: Examination {
  func findings(_ survey: Survey) -> [Finding] {
    let findings = survey.hosts.compactMap { host -> Finding? in
      let folder = MessageFolder(
        ranks: host.ranks, alternative: host.temporary?.path ?? "/tmp",
        freeBytes: { path in
          (path == MessageFolder.usual ? host.sharedMemory : host.temporary).map {
            Int($0.freeBytes)
          }
        })
      return folder.warning.map { Finding(.advice, "shared memory", on: [host.name], $0) }
    }
    guard findings.isEmpty else { return findings }
    let spaces = survey.hosts.compactMap { $0.sharedMemory?.freeBytes }
    return [
      Finding(
        .fine, "shared memory",
        spaces.min().map { "\(MessageFolder.usual) has \($0.bytesInWords) free" }
          ?? "there is no \(MessageFolder.usual): MPI finds itself another folder")
    ]
  }
}
