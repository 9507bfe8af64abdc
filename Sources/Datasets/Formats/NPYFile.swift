import Files

/// A NumPy array file: its header, and then its elements, read once from front to back.
struct NPYFile {
  let header: NPYHeader
  private var reader: PiecewiseReader
  /// The elements' bytes that came with the header.
  private var rest: ArraySlice<UInt8>

  var path: String { reader.path }

  /// Opens a file, gzipped or not.
  ///
  /// - Parameter isCancelled: asked before each piece of the file; true ends the reading.
  /// - Throws: ``DatasetError`` where it is missing, or no NumPy array of numbers or texts.
  init(_ path: String, isCancelled: () -> Bool) throws(DatasetError) {
    reader = try PiecewiseReader(path, content: "a NumPy array")
    var bytes = try reader.bytes(atLeast: NPYHeader.prefixByteCount, isCancelled)
    let count = try NPYHeader.byteCount(bytes[...].prefix(NPYHeader.prefixByteCount), path: path)
    if bytes.count < count {
      bytes += try reader.bytes(atLeast: count - bytes.count, isCancelled)
    }
    header = try NPYHeader(bytes, path: path)
    rest = bytes[header.byteCount...]
    guard header.fileByteCount > reader.largestByteCount else { return }
    // Nobody shall find memory for what cannot be there.
    while try !reader.next(isCancelled).isEmpty {}
    throw tooShort
  }

  /// Calls `body` with the bytes of runs of `size` elements each, in the order of the file, and
  /// checks that the file is whole.
  ///
  /// - Parameters:
  ///   - size: a divisor of the number of elements.
  ///   - body: called with the number of the run, and its bytes.
  /// - Returns: the SHA-256 of the whole file's decompressed bytes.
  /// - Throws: ``DatasetError`` where the file is shorter or longer than its header says, and what
  ///   `body` throws.
  mutating func forEachRun(
    of size: Int, isCancelled: () -> Bool,
    _ body: (Int, ArraySlice<UInt8>) throws(DatasetError) -> Void
  ) throws(DatasetError) -> SHA256Digest {
    let (runByteCount, count) = (size * header.element.byteCount, header.count / size)
    var (run, piece, gathered) = (0, rest, [UInt8]())
    while true {
      while !piece.isEmpty {
        guard run < count else { throw trailing }
        // A run that is all in one piece needs no copy.
        let part = piece.prefix(runByteCount - gathered.count)
        piece = piece.dropFirst(part.count)
        if part.count == runByteCount {
          try body(run, part)
          run += 1
        } else {
          gathered += part
          if gathered.count == runByteCount {
            try body(run, gathered[...])
            gathered.removeAll(keepingCapacity: true)
            run += 1
          }
        }
      }
      piece = try reader.next(isCancelled)
      if piece.isEmpty { break }
    }
    guard run == count else { throw tooShort }
    return try reader.digest()
  }

  private var trailing: DatasetError {
    reader.trailing(header.fileByteCount, shapeInWords, name: "elements")
  }

  private var tooShort: DatasetError { reader.tooShort(header.fileByteCount, shapeInWords) }

  private var shapeInWords: String {
    header.shape.map(String.init).joined(separator: " × ") + " elements of "
      + counted(header.element.byteCount, "byte")
  }
}
