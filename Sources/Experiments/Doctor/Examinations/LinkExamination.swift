/// Looks for links that are slower than others, than their hardware, or than the training needs.
struct LinkExamination: Examination {
  private static let subject = "links"
  /// The number of slow links that are named.
  private static let most = 3

  func findings(_ survey: Survey) -> [Finding] {
    guard let typical = LinkFacts.typical(of: survey.links) else { return [] }
    let findings = slow(survey, typical) + wasted(survey, typical) + exchange(survey)
    guard findings.isEmpty else { return findings }
    return [
      Finding(
        .fine, Self.subject,
        "\(typical.latencySeconds.timeInWords) and \(typical.bytesPerSecond.speedInWords) between two "
          + "hosts, in each direction")
    ]
  }

  private func slow(_ survey: Survey, _ typical: ClusterDescription.Link) -> [Finding] {
    guard survey.links.count > 2 else { return [] }
    let slow = survey.links.filter {
      $0.bytesPerSecond < typical.bytesPerSecond / 2
        || $0.latencySeconds > max(5 * typical.latencySeconds, typical.latencySeconds + 1e-4)
    }.sorted { $0.bytesPerSecond < $1.bytesPerSecond }
    return slow.prefix(Self.most).map { link in
      Finding(
        .advice, Self.subject, on: [link.from, link.to],
        "messages between them take \(link.latencySeconds.timeInWords) and go at "
          + "\(link.bytesPerSecond.speedInWords); usual here are \(typical.latencySeconds.timeInWords) "
          + "and \(typical.bytesPerSecond.speedInWords)",
        advice: "check the cable, the switch and what else uses it, or train without that host")
    }
  }

  private func wasted(_ survey: Survey, _ typical: ClusterDescription.Link) -> [Finding] {
    let rates = survey.hosts.compactMap { $0.usedInterfaces.compactMap(\.bitsPerSecond).max() }
    guard let rate = rates.min(), 8 * typical.bytesPerSecond < rate / 4 else { return [] }
    return [
      Finding(
        .advice, Self.subject,
        "messages go at \(typical.bytesPerSecond.speedInWords) between two hosts, and their interfaces "
          + "are for \((rate / 8).speedInWords) (\(rate.rateInWords))",
        advice: "check what else uses the network, and the rate of each part on the way")
    ]
  }

  /// The time that the gradient takes between hosts against that of the computation, behind which
  /// it can hide.
  private func exchange(_ survey: Survey) -> [Finding] {
    guard let gradient = survey.experiment?.gradientBytes,
      let computation = survey.experiment?.computationSeconds,
      let slowest = survey.links.map(\.bytesPerSecond).min(), slowest > 0
    else { return [] }
    let hosts = Double(survey.hosts.count)
    // Each host sends its part of what others add up, and then what it added up.
    let seconds = 2 * (hosts - 1) / hosts * gradient / slowest
    guard seconds > computation else { return [] }
    return [
      Finding(
        .advice, Self.subject,
        "the gradient takes at least \(seconds.timeInWords) between hosts in each step, which computes "
          + "for \(computation.timeInWords)",
        advice: "train on fewer hosts, raise train.batch (another experiment), or set "
          + "reduction.wire: bf16")
    ]
  }
}
