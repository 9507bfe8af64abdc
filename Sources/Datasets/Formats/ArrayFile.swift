import Files

/// A file of an array, of NumPy or IDX: its header, and then its elements, read once from front to
/// back.
package struct ArrayFile {
  let header: ArrayHeader
  private var reader: PiecewiseReader
  /// The elements' bytes that came with the header.
  private var rest: ArraySlice<UInt8>

  /// The formats of a single array.
  package enum Format: Sendable {
    /// As `numpy.save` writes it.
    case npy
    /// As those of MNIST.
    case idx
  }

  /// The path of the file.
  package var path: String { reader.path }
  /// True if the bytes of the array are those of the file.
  var isPlain: Bool { reader.isPlain }
  /// The sizes of its dimensions.
  package var shape: [Int] { header.shape }

  /// Opens a file, gzipped or not.
  ///
  /// - Parameter isCancelled: asked before each piece of the file; true ends the reading.
  /// - Throws: ``DatasetError`` where it is missing, or no array of numbers or texts.
  package init(
    _ file: DataFile, _ format: Format, isCancelled: () -> Bool = { false }
  ) throws(DatasetError) {
    reader = try PiecewiseReader(file, content: format == .idx ? "an IDX file" : "a NumPy array")
    let path = reader.path
    let prefixByteCount =
      format == .idx ? ArrayHeader.idxPrefixByteCount : ArrayHeader.npyPrefixByteCount
    var bytes = try reader.bytes(atLeast: prefixByteCount, isCancelled)
    let prefix = bytes.prefix(prefixByteCount)
    let count =
      try format == .idx
      ? ArrayHeader.idxByteCount(prefix, path: path) : ArrayHeader.npyByteCount(prefix, path: path)
    if bytes.count < count {
      bytes += try reader.bytes(atLeast: count - bytes.count, isCancelled)
    }
    header =
      try format == .idx
      ? ArrayHeader(idx: bytes, path: path) : ArrayHeader(npy: bytes, path: path)
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
  package mutating func forEachRun(
    of size: Int, isCancelled: () -> Bool = { false },
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
    header.sizesInWords + " elements of " + counted(header.element.byteCount, "byte")
  }
}
