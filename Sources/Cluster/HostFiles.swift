import Files
import Glibc

/// Files that the ranks of a host need read only once between them.
extension ProcessGroup {
  /// True if all ranks of this host see the same files at the paths that each names; a path can be
  /// another file for each, as for ranks in containers or with other working folders.
  ///
  /// All ranks of a host call this, within `collectively`.
  ///
  /// - Parameter paths: as many on each rank, or none where it knows of none.
  /// - Throws: `MPIError`.
  package func hostSharesFiles(_ paths: [String]) throws -> Bool {
    let identities = try node.allGather(paths.flatMap(identity))
    return identities.allSatisfy { $0 == identities[0] }
  }

  /// The digest of the file that this rank sees at `path`. All ranks call this.
  ///
  /// - Throws: `JobFailure` where one cannot read it; `RankFailure`.
  package func digest(ofFile path: String) throws -> SHA256Digest {
    try collectively {
      func digest() throws -> SHA256Digest { try InputFile(path: path).digest() }
      guard try hostSharesFiles([path]) else { return try digest() }
      return try SHA256Digest(numbers: onEachHost { try digest().numbers })
    }
  }

  /// Numbers that are the same for the same file alone, on one host and until it changes.
  private func identity(ofFile path: String) -> [Int] {
    var status = stat()
    guard stat(path, &status) == 0 else { return [] }
    return [
      Int(truncatingIfNeeded: status.st_dev), Int(truncatingIfNeeded: status.st_ino),
      status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
    ]
  }
}

extension SHA256Digest {
  /// The digest's bytes as numbers, as `onEachHost` sends them.
  package var numbers: [Int] { bytes.map(Int.init) }

  /// A digest from its ``numbers``.
  package init(numbers: some Sequence<Int>) {
    guard let digest = SHA256Digest(bytes: numbers.map { UInt8(truncatingIfNeeded: $0) }) else {
      preconditionFailure("a digest has \(SHA256Digest.byteCount) bytes")
    }
    self = digest
  }
}
