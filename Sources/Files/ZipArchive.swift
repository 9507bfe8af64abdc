/// The list of the members of a zip archive, as its central directory has it.
///
/// Archives of more than 4 GiB or 65,535 members are read, too (ZIP64); encrypted ones and those
/// that are split over several files are not.
///
/// Source: APPNOTE.TXT, the .ZIP file format specification of PKWARE, sections 4.3 to 4.5.
package struct ZipArchive: Sendable {
  /// What the directory says of a member.
  package struct Member: Equatable, Sendable {
    /// The name, with the folders that it is in.
    package let name: String
    /// The bytes that come out.
    package let byteCount: Int
    let compressedByteCount: Int
    let checksum: UInt32
    /// 0 if it is stored, 8 if it is deflated.
    let method: Int
    let isEncrypted: Bool
    /// The place of its own header, which stands before its bytes.
    let headerOffset: Int
  }

  /// The members, in the order of the directory.
  package let members: [Member]
  let file: InputFile
  /// The place of the directory, behind all members.
  let directoryOffset: Int

  /// The path of the archive.
  package var path: String { file.path }

  private static let directoryEndByteCount = 22
  private static let longestComment = 65_535
  /// A directory of some 300,000 members: a data set has a few.
  private static let largestDirectory = 1 << 24

  /// Reads the directory of the archive at `path`.
  ///
  /// - Throws: ``FileError`` where it cannot be read, or is no whole archive.
  package init(path: String) throws(FileError) {
    let file = try InputFile(path: path)
    let count = min(file.byteCount, Self.directoryEndByteCount + Self.longestComment)
    let tailOffset = file.byteCount - count
    let tail = try file.bytes(at: tailOffset, count: count)
    guard let end = Self.directoryEnd(in: tail) else {
      throw Self.damaged(path, "no end of a zip archive's directory")
    }
    let entries = try Self.directory(file, tail, at: end, tailOffset: tailOffset)
    guard entries.byteCount <= Self.largestDirectory else {
      throw Self.damaged(path, "a directory of \(entries.byteCount) bytes")
    }
    let bytes = try file.bytes(at: entries.offset, count: entries.byteCount)
    var (members, place) = ([Member](), 0)
    while place < bytes.count {
      guard let (member, next) = Self.member(bytes, at: place) else {
        throw Self.damaged(path, "entry \(members.count) of the directory damaged")
      }
      members.append(member)
      place = next
    }
    guard members.count == entries.count else {
      throw Self.damaged(path, "\(members.count) members in a directory of \(entries.count)")
    }
    (self.members, self.file, directoryOffset) = (members, file, entries.offset)
  }

  /// The place of the directory's end in the last bytes of a file, which goes up to their end.
  private static func directoryEnd(in tail: [UInt8]) -> Int? {
    var place = tail.count - directoryEndByteCount
    while place >= 0 {
      if tail.number(at: place, byteCount: 4) == 0x0605_4B50,
        tail.number(at: place + 20, byteCount: 2) == tail.count - place - directoryEndByteCount
      {
        return place
      }
      place -= 1
    }
    return nil
  }

  /// The directory that ends at `end` in `tail`: its place, its size and its number of members.
  private static func directory(
    _ file: InputFile, _ tail: [UInt8], at end: Int, tailOffset: Int
  ) throws(FileError) -> (offset: Int, byteCount: Int, count: Int) {
    var (record, place, width, ends) = (tail, end, (count: 2, size: 4), tailOffset + end)
    var (disks, count, size) = (4, 10, 12)
    // The locator of the larger record of ZIP64 stands right before.
    if end >= 20, tail.number(at: end - 20, byteCount: 4) == 0x0706_4B50 {
      guard let offset = tail.number(at: end - 12, byteCount: 8),
        offset <= file.byteCount - 56
      else { throw damaged(file.path, "no end of a ZIP64 directory") }
      record = try file.bytes(at: offset, count: 56)
      guard record.number(at: 0, byteCount: 4) == 0x0606_4B50 else {
        throw damaged(file.path, "no end of a ZIP64 directory")
      }
      (place, width, ends) = (0, (8, 8), offset)
      (disks, count, size) = (16, 32, 40)
    }
    let diskByteCount = width.count == 2 ? 2 : 4
    guard record.number(at: place + disks, byteCount: diskByteCount) == 0,
      let members = record.number(at: place + count, byteCount: width.count),
      let byteCount = record.number(at: place + size, byteCount: width.size),
      let offset = record.number(at: place + size + width.size, byteCount: width.size)
    else { throw damaged(file.path, "an archive in several files") }
    let sum = offset.addingReportingOverflow(byteCount)
    guard !sum.overflow, sum.partialValue == ends else {
      throw damaged(file.path, "\(byteCount) bytes of directory from byte \(offset) on")
    }
    return (offset, byteCount, members)
  }

  /// The entry at `place` of a directory, and the place of the next; nil where it is none.
  private static func member(_ bytes: [UInt8], at place: Int) -> (Member, next: Int)? {
    func number(_ offset: Int, _ byteCount: Int) -> Int? {
      bytes.number(at: place + offset, byteCount: byteCount)
    }
    guard number(0, 4) == 0x0201_4B50, let flags = number(8, 2), let method = number(10, 2),
      let checksum = number(16, 4), var compressed = number(20, 4), var size = number(24, 4),
      let nameCount = number(28, 2), let extraCount = number(30, 2),
      let commentCount = number(32, 2), var offset = number(42, 4)
    else { return nil }
    let (name, extra) = (place + 46, place + 46 + nameCount)
    let next = extra + extraCount + commentCount
    guard next <= bytes.count else { return nil }
    // What has no room in 4 bytes stands in a field of its own, in this order.
    var field = extra
    while let id = bytes.number(at: field, byteCount: 2),
      let count = bytes.number(at: field + 2, byteCount: 2), field + 4 + count <= extra + extraCount
    {
      var value = field + 4
      func take(_ number: inout Int) -> Bool {
        guard number == 0xFFFF_FFFF else { return true }
        guard value + 8 <= field + 4 + count, let large = bytes.number(at: value, byteCount: 8)
        else { return false }
        (number, value) = (large, value + 8)
        return true
      }
      if id == 1 { guard take(&size), take(&compressed), take(&offset) else { return nil } }
      field += 4 + count
    }
    return (
      Member(
        name: String(decoding: bytes[name..<extra], as: UTF8.self), byteCount: size,
        compressedByteCount: compressed, checksum: UInt32(checksum), method: method,
        isEncrypted: flags & 1 != 0, headerOffset: offset), next
    )
  }

  static func damaged(_ path: String, _ found: String) -> FileError {
    FileError(
      .malformed, path: path, found: found, expected: "one whole zip archive",
      advice: "write or copy the archive again")
  }
}

extension [UInt8] {
  /// The little-endian number of so many bytes from `place` on; nil where they are not there, or an
  /// `Int` has no room for it.
  func number(at place: Int, byteCount: Int) -> Int? {
    guard place >= 0, place <= count - byteCount else { return nil }
    let number = self[place..<place + byteCount].reversed().reduce(UInt64(0)) {
      $0 << 8 | UInt64($1)
    }
    return Int(exactly: number)
  }
}
