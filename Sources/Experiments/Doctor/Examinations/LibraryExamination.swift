/// Compares the versions of MPI, and of the libraries that it sends by, and the program.
struct LibraryExamination: Examination {
  func findings(_ survey: Survey) -> [Finding] {
    var findings = [program(survey)]
    let versions: [(name: String, of: (HostFacts) -> String)] = [
      ("MPI", \.mpi), ("UCX", { $0.ucx ?? "none" }), ("libfabric", { $0.libfabric ?? "none" }),
    ]
    for (name, version) in versions {
      let groups = survey.hosts.groups(by: version)
      guard groups.count > 1 else { continue }
      let list = groups.map { "\($0.fact) on \($0.hosts.names.inWords)" }
      findings.append(
        Finding(
          .advice, name, "its versions differ: \(list.joined(separator: "; "))",
          advice: "install the same on every host: different ones may not understand each other"))
    }
    if findings.count == 1, let host = survey.hosts.first {
      findings.append(Finding(.fine, "MPI", host.mpi))
    }
    return findings
  }

  private func program(_ survey: Survey) -> Finding {
    let groups = survey.hosts.groups(by: \.program)
    if groups.count == 1 {
      return Finding(
        .fine, "program",
        "\(survey.hosts.count > 1 ? "the same on all hosts, " : "")SHA-256 "
          + (groups[0].fact.prefix(12) + "…"))
    }
    let others = groups.dropFirst().flatMap(\.hosts)
    return Finding(
      .failure, "program", on: others.names,
      "\(others.names.inWords) \(others.count == 1 ? "has" : "have") another program than "
        + survey.hosts[0].name, advice: "install the same build of lockstep on every host")
  }
}
