/// Looks at which network interfaces the messages took, by what each counted.
struct InterfaceExamination: Examination {
  private static let subject = "interfaces"
  private static let variable = "OMPI_MCA_btl_tcp_if_include"

  func findings(_ survey: Survey) -> [Finding] {
    guard survey.hosts.count > 1 else { return [] }
    let findings = slow(survey) + sharedAddresses(survey)
    guard findings.isEmpty else { return findings }
    let names = survey.hosts.groups { $0.usedInterfaces.map(\.name) }.map { names, hosts in
      (names.isEmpty ? "none of Linux (RDMA, or memory that hosts share)" : names.inWords)
        + (hosts.count < survey.hosts.count ? " on \(hosts.names.inWords)" : "")
    }
    return [Finding(.fine, Self.subject, "MPI uses \(names.joined(separator: "; "))")]
  }

  /// A faster interface that lies idle.
  private func slow(_ survey: Survey) -> [Finding] {
    survey.hosts.compactMap { host in
      let used = host.usedInterfaces
      guard let rate = used.compactMap(\.bitsPerSecond).max(),
        let best = host.interfaces.max(by: { $0.bitsPerSecond ?? 0 < $1.bitsPerSecond ?? 0 }),
        let bestRate = best.bitsPerSecond, bestRate >= 2 * rate
      else { return nil }
      return Finding(
        .advice, Self.subject, on: [host.name],
        "MPI uses \(used.map(\.name).inWords) of \(rate.rateInWords), and \(best.name) has "
          + bestRate.rateInWords,
        advice: "set \(Self.variable)=\(best.name) if it leads to the other hosts")
    }
  }

  /// An address that several hosts have leads nowhere, and MPI may try it.
  private func sharedAddresses(_ survey: Survey) -> [Finding] {
    var owners: [String: [String]] = [:]
    for host in survey.hosts {
      for interface in host.interfaces {
        for address in interface.addresses {
          owners["\(interface.name) \(address)", default: []].append(host.name)
        }
      }
    }
    let used = Set(survey.hosts.flatMap(\.usedInterfaces).map(\.name)).sorted()
    return owners.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }.map { place, hosts in
      Finding(
        .advice, Self.subject, on: hosts,
        "they have the same address (\(place)), by which MPI may try to reach others in vain",
        advice: "set \(Self.variable)=\(used.isEmpty ? "NAME" : used.joined(separator: ","))")
    }
  }
}

extension HostFacts {
  /// The interfaces that messages between the hosts took: those that sent a good part of them.
  package var usedInterfaces: [NetworkInterface] {
    let most = interfaces.map(\.sentBytes).max() ?? 0
    // What else is sent meanwhile is less than a message.
    return interfaces.filter { $0.sentBytes >= 0x1p16 && $0.sentBytes > most / 10 }
  }
}
