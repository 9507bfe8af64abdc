import CZlib

/// The bytes of a member of a ``ZipArchive``, inflated where they are deflated, read once from front
/// to back.
package final class ZipMemberFile: SequentialFile {
  /// The path of the archive, and the name of the member behind it.
  package let path: String
  package private(set) var byteCount = 0
  private let archive: ZipArchive
  private let member: ZipArchive.Member
  private let hasher = SHA256Hasher()
  private var checksum = crc32(0, nil, 0)
  /// The next of the member's bytes in the archive, and the end of all.
  private var offset: Int
  private var end: Int
  private let stream = InflateStream()
  private var isAtEnd = false

  /// The size that a member may always have, in bytes, and the times of its size in the archive that
  /// a larger one may have, as for ``DecompressedFile``.
  private static let smallByteCount = 64 << 20
  private static let largestRatio = 200

  package var isPlain: Bool { false }
  package var largestByteCount: Int { member.byteCount }

  /// Opens a member.
  ///
  /// - Throws: ``FileError`` where it is encrypted or compressed otherwise than by deflate, is not
  ///   where the directory says, or would inflate out of all proportion.
  package init(_ member: ZipArchive.Member, of archive: ZipArchive) throws(FileError) {
    path = "\(archive.path)/\(member.name)".excerpt(1000)
    (self.archive, self.member) = (archive, member)
    (offset, end) = (0, 0)
    let isDeflated = member.method == 8
    guard !member.isEncrypted, isDeflated || member.method == 0 else {
      throw FileError(
        .malformed, path: path,
        found: member.isEncrypted
          ? "an encrypted member" : "a member that is compressed by method \(member.method)",
        expected: "one that is stored or deflated",
        advice: "save it with numpy.savez or numpy.savez_compressed")
    }
    guard isDeflated || member.compressedByteCount == member.byteCount else {
      throw damaged("\(member.compressedByteCount) stored bytes of \(member.byteCount)")
    }
    guard
      member.byteCount <= Self.smallByteCount
        || member.byteCount / Self.largestRatio <= member.compressedByteCount
    else {
      throw FileError(
        .malformed, path: path,
        found: "\(member.byteCount) bytes inflated from \(member.compressedByteCount)",
        expected: "at most \(Self.largestRatio) times as many",
        advice: "if that is what the data are, save them with numpy.savez, which does not compress")
    }
    try findBytes()
    if isDeflated, !stream.begin(.raw) { throw damaged("that zlib cannot start to inflate it") }
  }

  package func read(into buffer: inout [UInt8]) throws(FileError) -> Int {
    let count = try member.method == 8 ? inflate(into: &buffer) : copy(into: &buffer)
    byteCount += count
    guard byteCount <= member.byteCount, count > 0 || byteCount == member.byteCount else {
      throw damaged(
        "\(count > 0 ? "more than " : "")\(counted(min(byteCount, member.byteCount), "byte")) in "
          + "place of the \(member.byteCount) that the directory says")
    }
    let read = buffer.span.extracting(first: count).bytes
    checksum = read.withUnsafeBytes { crc32_z(checksum, $0.baseAddress, $0.count) }
    hasher.update(read)
    guard count > 0 || checksum == uLong(member.checksum) else {
      throw damaged("another checksum (CRC-32) than the directory says")
    }
    return count
  }

  package func digest() throws(FileError) -> SHA256Digest { try hasher.digest(of: path) }

  /// Finds the member's bytes, behind its own header.
  private func findBytes() throws(FileError) {
    let start = member.headerOffset
    let limit = archive.directoryOffset
    guard start <= limit - 30 else { throw damaged("a header at byte \(start)") }
    let header = try archive.file.bytes(at: start, count: 30)
    guard header.number(at: 0, byteCount: 4) == 0x0403_4B50,
      let nameCount = header.number(at: 26, byteCount: 2),
      let extraCount = header.number(at: 28, byteCount: 2)
    else { throw damaged("no header at byte \(start)") }
    offset = start + 30 + nameCount + extraCount
    guard offset <= limit, member.compressedByteCount <= limit - offset else {
      throw damaged("\(member.compressedByteCount) bytes from byte \(offset) on")
    }
    let name = try archive.file.bytes(at: start + 30, count: nameCount)
    guard String(decoding: name, as: UTF8.self) == member.name else {
      throw damaged(
        "the member \"\(String(decoding: name, as: UTF8.self).excerpt())\" in its place")
    }
    end = offset + member.compressedByteCount
  }

  private func copy(into buffer: inout [UInt8]) throws(FileError) -> Int {
    let count = min(buffer.count, end - offset)
    try fill(&buffer, count)
    return count
  }

  private func fill(_ buffer: inout [UInt8], _ count: Int) throws(FileError) {
    let offset = offset
    var failure: FileError?
    buffer.withUnsafeMutableBytes { bytes in
      do throws(FileError) {
        try archive.file.read(at: offset, into: .init(rebasing: bytes[..<count]))
      } catch { failure = error }
    }
    if let failure { throw failure }
    self.offset += count
  }

  private func inflate(into buffer: inout [UInt8]) throws(FileError) -> Int {
    while !isAtEnd {
      if stream.waiting.isEmpty {
        let count = min(stream.input.count, end - offset)
        guard count > 0 else { throw damaged("a deflated member that is cut off") }
        try archive.file.read(
          at: offset, into: .init(rebasing: UnsafeMutableRawBufferPointer(stream.input)[..<count]))
        offset += count
        stream.setWaiting(count)
      }
      switch stream.inflate(into: &buffer) {
      case .inflated(0): break
      case .inflated(let count): return count
      case .ended(let count):
        isAtEnd = true
        guard stream.waiting.isEmpty, offset == end else {
          throw damaged("bytes behind the end of a deflated member")
        }
        return count
      case .damaged(let reason):
        throw damaged("a damaged member (\(reason)) after \(byteCount) inflated bytes")
      }
    }
    return 0
  }

  private func damaged(_ found: String) -> FileError { ZipArchive.damaged(path, found) }
}
