/// Looks for hosts that could not log in to others, as `mpirun` does to start ranks.
struct LoginExamination: Examination {
  func findings(_ survey: Survey) -> [Finding] {
    let tried = survey.hosts.filter { $0.refusedLogins != nil }
    guard !tried.isEmpty else { return [] }
    let findings = tried.compactMap { host -> Finding? in
      guard let names = host.refusedLogins, !names.isEmpty else { return nil }
      return Finding(
        .advice, "logins", on: [host.name],
        "it cannot log in to \(names.inWords) by ssh without a question",
        advice:
          "if mpirun is to start from there, or for more than 64 hosts: give it a key that they "
          + "accept (ssh-copy-id), their host keys (ssh-keyscan), and names that it can resolve")
    }
    return findings.isEmpty ? [Finding(.fine, "logins", "ssh works both ways")] : findings
  }
}
