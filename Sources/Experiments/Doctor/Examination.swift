/// A look at what was measured, which finds what is wrong with one thing, or that nothing is.
///
/// An examination measures nothing itself and asks nobody, so that it can be tried on any facts.
package protocol Examination: Sendable {
  /// The findings on some hosts, at least one.
  func findings(_ survey: Survey) -> [Finding]
}

/// The examinations of the doctor, in the order of its report.
package let examinations: [any Examination] = [
  ProcessorExamination(), CoreExamination(), MemoryExamination(), SharedMemoryExamination(),
  LimitExamination(), LibraryExamination(), InterfaceExamination(), LinkExamination(),
  LoginExamination(), ClockExamination(), RunFolderExamination(),
]

extension [HostFacts] {
  /// The names of the hosts.
  var names: [String] { map(\.name) }

  /// The hosts by a fact: those with the same together, in the order of the first of each.
  func groups<Fact: Hashable>(by fact: (HostFacts) -> Fact) -> [(fact: Fact, hosts: [HostFacts])] {
    var order: [Fact] = []
    var groups: [Fact: [HostFacts]] = [:]
    for host in self {
      let fact = fact(host)
      if groups[fact] == nil { order.append(fact) }
      groups[fact, default: []].append(host)
    }
    return order.map { ($0, groups[$0] ?? []) }
  }
}

extension [String] {
  /// The names in a phrase; of many, the first ones and the number of the others.
  var inWords: String {
    if count > 5 { return prefix(4).joined(separator: ", ") + " and \(count - 4) more" }
    guard let last, count > 1 else { return first ?? "" }
    return dropLast().joined(separator: ", ") + " and " + last
  }
}
