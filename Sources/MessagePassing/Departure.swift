import Glibc
import Synchronization

/// The end of MPI in a process of MPICH before 4.2 whose messages go through UCX.
///
/// There `MPI_Finalize` can wait forever: a rank takes leave of others that have taken theirs, and
/// that no longer listen (<https://github.com/pmodels/mpich/pull/6596>). In its place this tells the
/// process manager, in the words of its protocol PMI-1, that the process has finalized, and the
/// connections end with the process.
package struct Departure {
  /// The connection to the process manager.
  private let manager: Int32

  private static let isGone = Atomic<Bool>(false)

  /// True if this process has left.
  static var hasLeft: Bool { isGone.load(ordering: .relaxed) }

  /// The departure from a library; nil where `MPI_Finalize` ends, or where another process manager
  /// started this process.
  ///
  /// - Parameter version: the library's own words.
  init?(from version: String) {
    guard Self.isNeeded(version), let number = getenv("PMI_FD"),
      let manager = Int32(String(cString: number))
    else { return nil }
    self.manager = manager
  }

  /// True for the words of an MPICH before 4.2 that sends its messages through UCX.
  package static func isNeeded(_ version: String) -> Bool {
    let lines = version.split(whereSeparator: \.isNewline)
    func value(_ name: String) -> Substring {
      lines.first { $0.hasPrefix(name) }?.dropFirst(name.count) ?? ""
    }
    let numbers = value("MPICH Version:").split { !$0.isNumber }.compactMap { Int($0) }
    return numbers.count > 1 && (numbers[0], numbers[1]) < (4, 2)
      && value("MPICH Device:").contains("ch4:ucx")
  }

  /// Leaves, behind a barrier of all ranks.
  func leave() {
    Self.isGone.store(true, ordering: .relaxed)
    let words = Array("cmd=finalize\n".utf8)
    guard words.withUnsafeBytes({ write(manager, $0.baseAddress, $0.count) }) == words.count
    else { return }
    // The process may not end before the manager has heard of it; it answers with a line.
    var answer: UInt8 = 0
    while answer != UInt8(ascii: "\n") {
      let count = read(manager, &answer, 1)
      guard count == 1 || count < 0 && errno == EINTR else { return }
    }
  }
}
