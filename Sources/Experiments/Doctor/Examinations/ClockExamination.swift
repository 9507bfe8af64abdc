/// Compares the hosts' clocks.
struct ClockExamination: Examination {
  /// The lead, in seconds, from which on times in logs and names of folders mislead.
  private static let most = 1.0

  func findings(_ survey: Survey) -> [Finding] {
    guard survey.hosts.count > 1 else { return [] }
    let wrong = survey.hosts.filter { abs($0.clockLeadSeconds) > Self.most }
    guard wrong.isEmpty else {
      return wrong.map { host in
        let lead = host.clockLeadSeconds
        return Finding(
          .advice, "clock", on: [host.name],
          "its clock is \(abs(lead).timeInWords) \(lead > 0 ? "ahead of" : "behind") that of "
            + "\(survey.hosts[0].name): times in logs and in the names of folders mislead",
          advice: "let both take the time from a server (chrony, systemd-timesyncd)")
      }
    }
    let most = survey.hosts.map { abs($0.clockLeadSeconds) }.max() ?? 0
    return [Finding(.fine, "clock", "the clocks agree to \(most.timeInWords)")]
  }
}
