import Glibc

/// A regular file that is open for reading, at any offset and from any thread.
package final class InputFile: Sendable {
  package let path: String
  package let byteCount: Int
  private let descriptor: Int32
  /// The time of the last change before it was opened.
  private let changeTime: timespec

  package init(path: String) throws(FileError) {
    self.path = path
    // O_NONBLOCK: opening a pipe must not wait for somebody to write to it.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    var status = stat()
    guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
      (byteCount, changeTime) = (0, timespec())
      throw .system(.cannotRead, path: path, operation: "open it", code: errno)
    }
    (byteCount, changeTime) = (status.st_size, status.st_mtim)
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileError(
        .cannotRead, path: path, reason: "it is no regular file", advice: "give the path of one")
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Checks that nobody has written to the file since it was opened.
  ///
  /// The corresponding C function is `fstat`.
  package func requireUnchanged() throws(FileError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .system(.cannotRead, path: path, operation: "look at it", code: errno)
    }
    let time = status.st_mtim
    guard time.tv_sec == changeTime.tv_sec, time.tv_nsec == changeTime.tv_nsec,
      status.st_size == byteCount
    else {
      throw FileError(
        .truncated, path: path, reason: "somebody wrote to it while it was in use",
        advice: "leave it as it is, and start again")
    }
  }

  /// The bytes that are read between two questions whether to go on.
  private static let pieceByteCount = 1 << 24

  /// Fills `buffer` with the bytes from `offset` on.
  ///
  /// - Parameter isCancelled: asked before each piece; true ends the reading with an error of the
  ///   kind `cancelled`.
  package func read(
    at offset: Int, into buffer: UnsafeMutableRawBufferPointer,
    isCancelled: () -> Bool = { false }
  ) throws(FileError) {
    var done = 0
    while done < buffer.count {
      guard !isCancelled() else {
        throw FileError(
          .cancelled, path: path, reason: "a signal came while it was read", advice: "start again")
      }
      let rest = UnsafeMutableRawBufferPointer(
        rebasing: buffer[done...].prefix(Self.pieceByteCount))
      let count = pread(descriptor, rest.baseAddress, rest.count, offset + done)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw .system(.cannotRead, path: path, operation: "read it", code: errno)
      }
      guard count > 0 else {
        throw FileError(
          .truncated, path: path, reason: "it became shorter while it was read",
          advice: "try again")
      }
      done += count
    }
  }

  /// `count` bytes from `offset` on.
  ///
  /// - Parameter isCancelled: as for `read`.
  package func bytes(
    at offset: Int, count: Int, isCancelled: () -> Bool = { false }
  ) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var failure: FileError?
    bytes.withUnsafeMutableBytes { buffer in
      do throws(FileError) {
        try read(at: offset, into: buffer, isCancelled: isCancelled)
      } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  /// The SHA-256 of the whole file.
  ///
  /// - Throws: ``FileError``, or ``SHA256Error`` where libcrypto refuses to compute it.
  package func digest() throws -> SHA256Digest {
    let hasher = SHA256Hasher()
    try hash(from: 0, into: hasher)
    return try hasher.finalize()
  }

  /// Adds the bytes from `offset` to the end to what `hasher` has.
  ///
  /// - Parameter isCancelled: as for `read`.
  package func hash(
    from offset: Int, into hasher: SHA256Hasher, isCancelled: () -> Bool = { false }
  ) throws(FileError) {
    // Pieces that stay in the cache from the reading to the hashing.
    let hashedByteCount = 1 << 20
    for start in stride(from: offset, to: byteCount, by: hashedByteCount) {
      let piece = try bytes(
        at: start, count: min(hashedByteCount, byteCount - start), isCancelled: isCancelled)
      hasher.update(piece.span.bytes)
    }
  }
}
