import Files

/// The header of an IDX file: a magic number and the sizes of its dimensions, all big-endian.
///
/// The magic number is 0x0000TTDD, where TT is the type of an element and DD the number of
/// dimensions. The last index runs fastest.
///
/// Source: LeCun, Cortes and Burges, "The MNIST database", file formats.
extension ArrayHeader {
  /// The bytes that say how long the header is.
  static let idxPrefixByteCount = 4
  /// The most dimensions of samples: those of images, by their rows and columns.
  private static let mostDimensions = 3

  /// The bytes that the header takes, from the first `idxPrefixByteCount` bytes of a file.
  ///
  /// - Throws: ``DatasetError`` where it is no IDX file of 1 to 3 dimensions.
  static func idxByteCount(_ prefix: ArraySlice<UInt8>, path: String) throws(DatasetError) -> Int {
    let bytes = Array(prefix)
    guard bytes.count >= idxPrefixByteCount else {
      throw short(bytes.count, idxPrefixByteCount + 4, path)
    }
    guard bytes[0] == 0, bytes[1] == 0, ArrayElement(idxType: bytes[2]) != nil, bytes[3] > 0 else {
      throw DatasetError(
        .wrongMagic, in: path,
        found: "the magic number \(hexadecimal(bytes)), so neither gzip nor IDX",
        expected: "0x0000TTDD, with the type of the elements and the number of dimensions",
        advice: DatasetError.repair(path))
    }
    guard bytes[3] <= mostDimensions else {
      throw DatasetError(
        .wrongDimensions, in: path, found: "\(bytes[3]) dimensions",
        expected: "at most \(mostDimensions)", advice: "reshape the array, and save it again")
    }
    return idxPrefixByteCount + 4 * Int(bytes[3])
  }

  /// Reads the header from the first bytes of a file.
  ///
  /// - Throws: ``DatasetError`` where the file ends in it, or it does not say what it should.
  init(idx bytes: [UInt8], path: String) throws(DatasetError) {
    let byteCount = try Self.idxByteCount(bytes.prefix(Self.idxPrefixByteCount), path: path)
    guard bytes.count >= byteCount, let element = ArrayElement(idxType: bytes[2]) else {
      throw Self.short(bytes.count, byteCount, path)
    }
    let sizes = stride(from: Self.idxPrefixByteCount, to: byteCount, by: 4).map { start in
      bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    try self.init(element, shape: sizes, byteCount: byteCount, path: path)
  }

  private static func short(_ count: Int, _ expected: Int, _ path: String) -> DatasetError {
    DatasetError(
      .shortFile, in: path, found: counted(count, "byte"),
      expected: "the \(expected) bytes of an IDX header at the least",
      advice: DatasetError.repair(path))
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    "0x"
      + bytes.map { byte in
        let digits = String(byte, radix: 16)
        return digits.count < 2 ? "0" + digits : digits
      }.joined()
  }
}
