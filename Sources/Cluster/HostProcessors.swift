import Foundation

/// The processors of a host that a job may use.
package struct HostProcessors: Equatable, Sendable {
  /// The number of threads that can run at the same time.
  package let count: Int
  /// The number of domains of memory (NUMA nodes) that the processors are in.
  package let domains: Int
  /// The most ranks that may start there; nil for any number.
  package let slots: Int?

  package init(count: Int, domains: Int = 1, slots: Int? = nil) {
    self.count = count
    self.domains = domains
    self.slots = slots
  }

  /// Reads `COUNT[/DOMAINS][:SLOTS]`, such as `8/2`; nil for anything else.
  package init?(_ text: String) {
    guard let match = text.wholeMatch(of: /(\d{1,9})(\/(\d{1,9}))?(:(\d{1,9}))?/),
      let count = Int(match.1), count > 0
    else { return nil }
    let domains = match.3.flatMap { Int($0) } ?? 1
    let slots = match.5.flatMap { Int($0) }
    guard domains > 0, slots != 0 else { return nil }
    self.init(count: count, domains: domains, slots: slots)
  }

  /// The processors of this process: where it may run, within the quotas of its control groups.
  package static var current: HostProcessors {
    let allowed = Set(CPUAffinity.current)
    let root = "/sys/devices/system/node"
    let nodes = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    let domains = nodes.count { node in
      let list = try? String(contentsOfFile: "\(root)/\(node)/cpulist", encoding: .utf8)
      return !allowed.isDisjoint(with: CPUAffinity.parse(list ?? ""))
    }
    return HostProcessors(count: CPUAffinity.usableCount, domains: max(domains, 1))
  }

  /// The text that `init(_:)` reads.
  package var text: String {
    "\(count)/\(domains)" + (slots.map { ":\($0)" } ?? "")
  }

  /// The most ranks of so many threads that the processors and the slots allow, 0 or more.
  func ranks(ofThreads threads: Int) -> Int { min(count / threads, slots ?? .max) }
}
