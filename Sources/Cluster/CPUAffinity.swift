import Foundation
import MessagePassing

/// The processors that a process may run on.
package enum CPUAffinity {
  /// The numbers of this process's processors, from `/proc/self/status`; one if it does not tell.
  package static var current: [Int] {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let key = "Cpus_allowed_list:"
    let list = status.split(separator: "\n").first { $0.hasPrefix(key) }?.dropFirst(key.count)
    let numbers = list.map { parse(String($0)) } ?? []
    return numbers.isEmpty ? [0] : numbers
  }

  /// The number of threads that can run at the same time: as many as there are processors, but no
  /// more than the quotas of the process's control groups allow.
  package static var usableCount: Int {
    let quotas = ControlGroup.all(of: "cpu").compactMap(\.processors)
    return max(min(Double(current.count), quotas.min() ?? .infinity).wholeProcessors, 1)
  }

  /// The numbers of a list such as `0-3,8`.
  package static func parse(_ list: String) -> [Int] {
    list.split(separator: ",").flatMap { part in
      let bounds = part.split(separator: "-").compactMap {
        Int($0.trimmingCharacters(in: .whitespaces))
      }
      guard let first = bounds.first, let last = bounds.last, first <= last else { return [Int]() }
      return Array(first...last)
    }
  }

  /// Counts the processors that each rank of `node`, one host, has for itself.
  ///
  /// - Returns: the count for this rank, where a processor that several ranks may run on, and the
  ///   quota of a control group that several are in, is shared evenly; and, on the first rank of
  ///   the node, whether the ranks crowd on some processors while others of the host are free.
  package static func share(
    on node: Communicator
  ) throws(MPIError) -> (mine: Double, isCrowded: Bool) {
    let sets = try node.allGather(current)
    var users: [Int: Double] = [:]
    for set in sets { for number in set { users[number, default: 0] += 1 } }
    let mine = sets[node.rank].map { 1 / (users[$0] ?? 1) }.reduce(0, +)
    let groups = ControlGroup.all(of: "cpu")
    let paths = try node.allGather(Array((groups.first?.path ?? "").utf8)).map {
      String(decoding: $0, as: UTF8.self)
    }
    return (
      min(mine, quota(of: groups.map { ($0, $0.processors) }, ranks: paths)),
      node.rank == 0 && users.count < min(node.size, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    )
  }

  /// The sentence about ranks that crowd on some processors of a host, with what to do.
  package static func warning(ofCrowdOn host: String) -> String {
    "the ranks on \(host) share a few of its processors while others are free; start mpirun with "
      + "--bind-to none, or give the job more processors"
  }

  /// The processors that a rank has by the quotas of its control groups; infinity for no quota.
  ///
  /// - Parameter ranks: the paths of the own groups of all ranks on the host.
  package static func quota(
    of groups: [(group: ControlGroup, processors: Double?)], ranks: [String]
  ) -> Double {
    groups.compactMap { group, processors in
      processors.map { $0 / Double(max(ranks.count { group.contains($0) }, 1)) }
    }.min() ?? .infinity
  }
}

extension Double {
  /// The number of whole processors in a share of them, which may come to one by rounding alone.
  package var wholeProcessors: Int { Int(self + 1e-9) }
}
