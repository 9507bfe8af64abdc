import Foundation
import MessagePassing

/// The processors that a process may run on.
struct ProcessorSet {
  private let bits: [UInt8]

  /// Those of this process, by `sched_getaffinity`.
  static var current: ProcessorSet {
    var set = cpu_set_t()
    let known = sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &set) == 0
    return ProcessorSet(bits: known ? withUnsafeBytes(of: set) { Array($0) } : [1])
  }

  /// The processors' numbers.
  var numbers: [Int] {
    bits.indices.flatMap { byte in
      (0..<8).filter { bits[byte] & (1 << $0) != 0 }.map { 8 * byte + $0 }
    }
  }

  /// How many processors this rank of `node` has for itself when those that several ranks may run on
  /// are shared evenly; and whether the ranks crowd on some while others of the host are free.
  static func share(on node: Communicator) throws -> (mine: Double, isCrowded: Bool) {
    let sets = try node.allGather(current.bits).map { ProcessorSet(bits: $0).numbers }
    var users: [Int: Double] = [:]
    for set in sets { for number in set { users[number, default: 0] += 1 } }
    let mine = sets[node.rank].map { 1 / (users[$0] ?? 1) }.reduce(0, +)
    let online = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    return (mine, users.count < min(node.size, online))
  }
}
