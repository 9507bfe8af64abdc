import Files
import Foundation
import MessagePassing

/// The memory that the ranks of a host may still use, and whether what they are about to ask for
/// fits: Linux would end a rank that touches more without a word.
package enum MemoryLimits {
  /// A limit that is too low, as a sentence.
  package struct Shortage: HasExitStatus, Equatable, CustomStringConvertible {
    /// The sentence: what is needed, for what, and where how much is left; what to do is the
    /// caller's to say.
    package let description: String
    /// The status of wrong input, but 1 where the memory may be there at another time.
    package let exitStatus: Int32
  }

  /// Something that limits memory.
  package struct Limit: Sendable {
    /// A name for people, such as "the host".
    package let name: String
    /// The bytes that it ever allows, and those that are left.
    package let total, available: Double

    package init(name: String, total: Double, available: Double) {
      (self.name, self.total, self.available) = (name, total, available)
    }

    /// The shortage if `bytes` more, for some ranks, do not fit.
    package func shortage(of bytes: Double, ranks: Int) -> Shortage? {
      guard bytes > available else { return nil }
      let isEverEnough = bytes <= total
      return Shortage(
        description: "the training takes \(bytes.bytesInWords) for \(counted(ranks, "rank")), and "
          + "\(name) has \((isEverEnough ? available : total).bytesInWords)"
          + (isEverEnough ? " left of \(total.bytesInWords)" : ""),
        exitStatus: isEverEnough ? 1 : JobFailure.inputStatus)
    }
  }

  /// The addresses that MPI takes as it starts, with some to spare: it fails without a sentence, or
  /// crashes, where it cannot have them.
  private static let addressesOfMPI = 0x100p20

  /// Checks that MPI can start below this process's limit of addresses.
  ///
  /// - Throws: `Shortage`.
  static func checkBeforeMPI() throws(Shortage) {
    guard let limit = processLimits.first(where: { $0.name == "ulimit -v" }),
      limit.available < addressesOfMPI
    else { return }
    throw Shortage(
      description:
        "\(limit.name) leaves this process \(limit.available.bytesInWords), and MPI alone may "
        + "take \(addressesOfMPI.bytesInWords); raise it",
      exitStatus: JobFailure.inputStatus)
  }

  /// Checks that `bytes` more for this rank fit, with what the other ranks of `node`, its host, ask
  /// for: into the host's memory, into that of their control groups, and below this process's own
  /// limits. All ranks of the host call this.
  ///
  /// - Returns: the first shortage. One of all ranks is returned on the first of them.
  /// - Throws: `MPIError`.
  package static func shortage(of bytes: Int, on node: Communicator) throws -> Shortage? {
    let groups = ControlGroup.all(of: "memory")
    let needs = try node.allGather(Double(bytes))
    let paths = try node.allGather(Array((groups.first?.path ?? "").utf8)).map {
      String(decoding: $0, as: UTF8.self)
    }
    for limit in processLimits {
      if let shortage = limit.shortage(of: Double(bytes), ranks: 1) { return shortage }
    }
    for group in groups {
      let members = paths.indices.filter { group.contains(paths[$0]) }
      guard members.first == node.rank, let memory = group.memory else { continue }
      let limit = Limit(
        name: "the control group \(group.folder)", total: memory.limit, available: memory.available)
      let all = members.map { needs[$0] }.reduce(0, +)
      if let shortage = limit.shortage(of: all, ranks: members.count) { return shortage }
    }
    return node.rank == 0 ? host?.shortage(of: needs.reduce(0, +), ranks: node.size) : nil
  }

  /// The host's memory with its swap space; nil if it does not tell.
  package static var host: Limit? {
    let text = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
    var bytes: [String: Double] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      if words.count > 1, let kibibytes = Double(words[1]) { bytes[words[0]] = 1024 * kibibytes }
    }
    guard let total = bytes["MemTotal:"], let available = bytes["MemAvailable:"] else { return nil }
    return Limit(
      name: "the host", total: total + (bytes["SwapTotal:"] ?? 0),
      available: available + (bytes["SwapFree:"] ?? 0))
  }

  /// This process's limits of addresses and of data, those that there are.
  static var processLimits: [Limit] {
    // In pages: the size, and the fifth after it, of data and stack.
    let statm = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    let pages = statm.split(separator: " ").compactMap { Double($0) }
    guard pages.count > 5 else { return [] }
    let pageSize = Double(sysconf(Int32(_SC_PAGESIZE)))
    return [
      (Int32(RLIMIT_AS.rawValue), "ulimit -v", pages[0]),
      (Int32(RLIMIT_DATA.rawValue), "ulimit -d", pages[5]),
    ].compactMap { resource, name, used in
      var limit = rlimit()
      guard getrlimit(__rlimit_resource_t(resource), &limit) == 0, limit.rlim_cur != rlim_t.max
      else { return nil }
      let total = Double(limit.rlim_cur)
      return Limit(name: name, total: total, available: max(total - used * pageSize, 0))
    }
  }
}

extension Double {
  /// The number of bytes as a person reads it, such as 1.5 GiB.
  package var bytesInWords: String {
    let mebibytes = self / 0x1p20
    return mebibytes < 1024
      ? "\(Int(mebibytes.rounded(.up))) MiB"
      : "\((mebibytes / 1024 * 10).rounded(.up) / 10) GiB"
  }
}
