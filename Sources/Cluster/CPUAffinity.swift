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
  /// - Returns: the count for this rank, where a processor that several ranks may run on is shared
  ///   evenly; and, on the first rank of the node, whether the ranks crowd on some processors while
  ///   others of the host are free.
  package static func share(
    on node: Communicator
  ) throws(MPIError) -> (mine: Double, isCrowded: Bool) {
    let sets = try node.allGather(current)
    var users: [Int: Double] = [:]
    for set in sets { for number in set { users[number, default: 0] += 1 } }
    let mine = sets[node.rank].map { 1 / (users[$0] ?? 1) }.reduce(0, +)
    return (
      mine, node.rank == 0 && users.count < min(node.size, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    )
  }
}
