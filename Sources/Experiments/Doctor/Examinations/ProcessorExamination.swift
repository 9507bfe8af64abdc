/// Looks for processors that compute otherwise, or slower, than others.
struct ProcessorExamination: Examination {
  func findings(_ survey: Survey) -> [Finding] {
    let subject = "processor"
    var findings: [Finding] = []
    let slow = survey.hosts.filter { $0.instructionSet == "baseline" }
    if !slow.isEmpty {
      findings.append(
        Finding(
          .advice, subject, on: slow.names,
          "the program uses no vector instructions (AVX2, AVX-512, NEON), and is many times slower",
          advice: "use other processors, or unset LOCKSTEP_INSTRUCTION_SET"))
    }
    let kinds = survey.hosts.filter { $0.instructionSet != "baseline" }
      .groups { [$0.processor, $0.instructionSet] }
    if kinds.count > 1 {
      let names = kinds.map { "\($0.fact[0]) with \($0.fact[1]) on \($0.hosts.names.inWords)" }
      findings.append(
        Finding(
          .advice, subject,
          "the processors differ: \(names.joined(separator: "; ")); in each step all ranks wait for "
            + "the slowest", advice: "train on hosts that are alike"))
    }
    // Where bf16 is asked for, the training itself refuses that.
    if survey.hosts.groups(by: \.bfloat16Arithmetic).count > 1,
      survey.experiment?.usesBFloat16 != true
    {
      findings.append(
        Finding(
          .advice, subject,
          "the processors compute bf16 with different bits: train.precision bf16 would not start here",
          advice: "keep to fp32, whose bits are the same on all"))
    }
    guard findings.isEmpty, let host = survey.hosts.first else { return findings }
    return [Finding(.fine, subject, "\(host.processor), \(host.instructionSet)")]
  }
}
