import Files

/// Reads a file of a data set from front to back, piece by piece, inflated where it is gzipped or in
/// an archive.
struct PiecewiseReader {
  private let file: any SequentialFile
  private var chunk = [UInt8](repeating: 0, count: 1 << 16)

  /// Opens the file.
  ///
  /// - Parameter content: what the file should be, for errors, such as "an IDX file".
  /// - Throws: ``DatasetError`` where it cannot be opened.
  init(_ path: String, content: String) throws(DatasetError) {
    file = try DatasetError.reading { () throws(FileError) in
      try DecompressedFile(path: path, content: content, repair: DatasetError.repair(path))
    }
  }

  /// Opens a file or a member of an archive, as the other `init` does.
  init(_ place: DataFile, content: String) throws(DatasetError) {
    if let name = place.member {
      try self.init(member: name, of: place.path)
    } else {
      try self.init(place.path, content: content)
    }
  }

  private init(member name: String, of path: String) throws(DatasetError) {
    file = try DatasetError.reading { () throws(FileError) in
      let archive = try ZipArchive(path: path)
      let members = archive.members.filter { $0.name == name }
      guard members.count == 1 else {
        throw FileError(
          .malformed, path: path, found: "\(members.count) members \(name)", expected: "one",
          advice: "save the arrays again with numpy.savez")
      }
      return try ZipMemberFile(members[0], of: archive)
    }
  }

  var path: String { file.path }
  /// True if the file is neither compressed nor a part of another.
  var isPlain: Bool { file.isPlain }
  /// The decompressed bytes that have been read.
  var byteCount: Int { file.byteCount }
  /// The most decompressed bytes that the file can have.
  var largestByteCount: Int { file.largestByteCount }

  /// The first bytes, at least `count` unless the file has fewer.
  mutating func bytes(
    atLeast count: Int, _ isCancelled: () -> Bool
  ) throws(DatasetError) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let piece = try next(isCancelled)
      if piece.isEmpty { break }
      bytes.append(contentsOf: piece)
    }
    return bytes
  }

  /// The next bytes; none at the end of the file.
  mutating func next(_ isCancelled: () -> Bool) throws(DatasetError) -> ArraySlice<UInt8> {
    guard !isCancelled() else {
      throw DatasetError(
        .cancelled, in: path, found: "a signal to stop after \(byteCount) bytes",
        expected: "to read the whole file", advice: "start again")
    }
    let count: Int
    do { count = try file.read(into: &chunk) } catch { throw DatasetError(error) }
    return chunk[..<count]
  }

  /// Calls `body` with each line of the rest of the file, without its end.
  ///
  /// - Throws: ``DatasetError``, and what `body` throws.
  mutating func forEachLine(
    _ isCancelled: () -> Bool, _ body: ([UInt8]) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    var line: [UInt8] = []
    while true {
      var piece = try next(isCancelled)
      guard !piece.isEmpty else { break }
      while let end = piece.firstIndex(of: UInt8(ascii: "\n")) {
        line += piece[..<end]
        try body(line)
        line.removeAll(keepingCapacity: true)
        piece = piece[(end + 1)...]
      }
      line += piece
    }
    try body(line)
  }

  /// The error of a file that ends before the `byteCount` bytes that its header promises, as so many
  /// `elements`.
  func tooShort(_ byteCount: Int, _ elements: String) -> DatasetError {
    DatasetError(
      .shortFile, in: path, found: "\(self.byteCount) bytes",
      expected: "\(byteCount) bytes, as its header says (\(elements))",
      advice: DatasetError.repair(path))
  }

  /// The error of a file that goes on behind them, after the last of its elements with this `name`.
  func trailing(_ byteCount: Int, _ elements: String, name: String) -> DatasetError {
    DatasetError(
      .trailingBytes, in: path, found: "more bytes after the last of its \(name)",
      expected: "\(byteCount) bytes, as its header says (\(elements))",
      advice: DatasetError.repair(path))
  }

  /// The SHA-256 of all decompressed bytes, once they have been read.
  func digest() throws(DatasetError) -> SHA256Digest {
    try DatasetError.reading { () throws(FileError) in try file.digest() }
  }
}
