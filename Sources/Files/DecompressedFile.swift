import Glibc

/// The bytes of a file, inflated where the file is gzipped, read once from front to back.
///
/// zlib's `gzread` would do this in one call, but it passes silently over whatever follows the gzip
/// stream, so the stream is driven by `inflate` here. Members that follow each other are one file,
/// as for `gunzip` (RFC 1952, section 2.2).
package final class DecompressedFile: SequentialFile {
  package let path: String
  /// The number of decompressed bytes that have been read.
  package private(set) var byteCount = 0
  /// The most bytes that can be read: a file that inflates to more is refused.
  package private(set) var largestByteCount = 0
  /// True if the file starts as a gzip stream does.
  private(set) var isGzip = false
  package var isPlain: Bool { !isGzip }

  private let content: String
  private let repair: String
  private let descriptor: Int32
  private let hasher = SHA256Hasher()
  private let stream = InflateStream()
  private var isInsideMember = false
  private var compressedByteCount = 0

  /// The size that a small file may inflate to, in bytes.
  private static let smallByteCount = 64 << 20
  /// The times of its size that a larger one may inflate to. Deflate reaches 1000 with zeros;
  /// images of the MNIST family have 2 to 10.
  private static let largestRatio = 200

  /// Opens the file at `path`.
  ///
  /// - Parameters:
  ///   - content: what the file should be, for errors, such as "an IDX file".
  ///   - repair: what to do about a file that is damaged, for errors.
  /// - Throws: ``FileError`` where it cannot be opened or its first bytes cannot be read.
  package init(path: String, content: String, repair: String) throws(FileError) {
    self.path = path
    self.content = content
    self.repair = repair
    // O_NONBLOCK: opening a pipe must not wait for somebody to write to it.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    var status = stat()
    guard descriptor >= 0, fstat(descriptor, &status) == 0 else { throw unreadable(errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileError(
        .cannotRead, path: path, found: "a folder, a pipe or a device",
        expected: "a regular file",
        advice: "put the data set's file there")
    }
    while stream.waiting.count < 2, try fill() {}
    isGzip = startsMember
    largestByteCount =
      isGzip ? max(Self.smallByteCount, status.st_size * Self.largestRatio) : status.st_size
    if isGzip, !stream.begin(.gzip) { throw damaged("that zlib cannot start to inflate it") }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Fills `buffer` from its start and returns how many bytes were written: 0 only at the file's
  /// end.
  ///
  /// - Throws: ``FileError`` for an error of the operating system, a damaged gzip stream, or one
  ///   that inflates out of all proportion.
  package func read(into buffer: inout [UInt8]) throws(FileError) -> Int {
    let count = try isGzip ? inflate(into: &buffer) : copy(into: &buffer)
    byteCount += count
    guard
      !isGzip || byteCount <= Self.smallByteCount
        || byteCount / Self.largestRatio <= compressedByteCount
    else {
      throw FileError(
        .damaged, path: path,
        found: "\(byteCount) bytes inflated from the first \(compressedByteCount)",
        expected: "at most \(Self.largestRatio) times as many",
        advice: "if that is what the data are, inflate the file with gunzip")
    }
    hasher.update(buffer.span.extracting(first: count).bytes)
    return count
  }

  /// The SHA-256 of the decompressed bytes that have been read.
  ///
  /// - Throws: ``FileError`` where libcrypto fails.
  package func digest() throws(FileError) -> SHA256Digest {
    try hasher.digest(of: path)
  }

  private var startsMember: Bool {
    stream.waiting.starts(with: [0x1F, 0x8B])
  }

  private func copy(into buffer: inout [UInt8]) throws(FileError) -> Int {
    if stream.waiting.isEmpty, try !fill() { return 0 }
    let waiting = stream.waiting.prefix(buffer.count)
    buffer.withUnsafeMutableBytes { $0.copyBytes(from: waiting) }
    stream.skip(waiting.count)
    return waiting.count
  }

  private func inflate(into buffer: inout [UInt8]) throws(FileError) -> Int {
    while true {
      if stream.waiting.isEmpty, try !fill() {
        guard isInsideMember else { return 0 }
        throw damaged("a gzip stream that is cut off after \(byteCount) decompressed bytes")
      }
      if !isInsideMember {
        if stream.waiting.count == 1 { _ = try fill() }
        guard startsMember else {
          throw damaged("bytes that are no gzip stream after the end of the gzip stream")
        }
        stream.reset()
        isInsideMember = true
      }
      switch stream.inflate(into: &buffer) {
      case .inflated(0): break
      case .inflated(let count): return count
      case .ended(let count):
        isInsideMember = false
        if count > 0 { return count }
      case .damaged(let reason):
        throw damaged("a damaged gzip stream (\(reason)) after \(byteCount) decompressed bytes")
      }
    }
  }

  /// Appends bytes of the file to those that wait; false at the file's end.
  private func fill() throws(FileError) -> Bool {
    let (input, waiting) = (stream.input, stream.waiting.count)
    guard let start = input.baseAddress else { return false }
    if let next = stream.waiting.baseAddress, waiting > 0 { memmove(start, next, waiting) }
    while true {
      let count = Glibc.read(descriptor, start + waiting, input.count - waiting)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(errno) }
      stream.setWaiting(waiting + count)
      compressedByteCount += count
      return count > 0
    }
  }

  private func unreadable(_ code: Int32) -> FileError {
    let reason = systemReason(code)
    return FileError(
      .cannotRead, path: path, found: "that it cannot be read (\(reason))",
      expected: "\(content), gzipped or not", advice: "check the path and its permissions")
  }

  private func damaged(_ found: String) -> FileError {
    FileError(
      .damaged, path: path, found: found, expected: "one whole gzip stream",
      advice: repair)
  }
}
