/// Something that an examination of the hosts found.
package struct Finding: Codable, Equatable, Sendable {
  /// The weight of a finding.
  package enum Severity: String, Codable, CaseIterable, Sendable {
    /// A training would fail.
    case failure
    /// A training works, and would do better otherwise.
    case advice
    /// All is well.
    case fine
  }

  package let severity: Severity
  /// The thing that was examined, in a word or two.
  package let subject: String
  /// The hosts that it was found on; none for what concerns all.
  package let hosts: [String]
  /// The finding in a sentence without a full stop.
  package let sentence: String
  /// The phrase for what to do; nil where that is nothing, or said in the sentence.
  package let advice: String?

  /// A finding from its parts.
  package init(
    _ severity: Severity, _ subject: String, on hosts: [String] = [], _ sentence: String,
    advice: String? = nil
  ) {
    (self.severity, self.subject, self.hosts) = (severity, subject, hosts)
    (self.sentence, self.advice) = (sentence, advice)
  }
}
