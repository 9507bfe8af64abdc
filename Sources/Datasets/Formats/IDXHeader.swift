/// The header of an IDX file: a magic number and the sizes of its dimensions, all big-endian.
///
/// The magic number is 0x0000TTDD, where TT is the type of an element and DD the number of
/// dimensions.
///
/// Source: LeCun, Cortes and Burges, "The MNIST database", file formats.
struct IDXHeader {
  /// The two kinds of file that a data set is made of.
  enum Content: UInt32 {
    /// Unsigned bytes in 3 dimensions: images, rows, columns.
    case images = 0x0000_0803
    /// Unsigned bytes in 1 dimension.
    case labels = 0x0000_0801

    var dimensions: Int { self == .images ? 3 : 1 }
    var byteCount: Int { 4 + 4 * dimensions }
    var name: String { self == .images ? "images" : "labels" }
  }

  /// No image side is longer; with 2³² images a file's size still fits an `Int`.
  static let longestSide = 1 << 15

  let content: Content
  let sizes: [Int]

  /// The number of images or labels.
  var count: Int { sizes[0] }
  /// The bytes of one image or label.
  var elementByteCount: Int { sizes.dropFirst().reduce(1, *) }
  /// The bytes of the file: header and elements.
  var fileByteCount: Int { content.byteCount + count * elementByteCount }

  /// Checks the first bytes of a file; `bytes` may be fewer than the header has.
  ///
  /// - Throws: ``DatasetError`` for a wrong magic number, a short header or impossible dimensions.
  init(_ bytes: [UInt8], of content: Content, path: String) throws(DatasetError) {
    guard bytes.count >= 4 else { throw Self.short(bytes.count, content, path) }
    let magic = bytes.span.bigEndianWord(at: 0)
    guard magic == content.rawValue else { throw Self.wrong(magic, content, path) }
    guard bytes.count >= content.byteCount else { throw Self.short(bytes.count, content, path) }
    self.content = content
    sizes = (1...content.dimensions).map { Int(bytes.span.bigEndianWord(at: 4 * $0)) }
    let sides = sizes.dropFirst()
    guard sizes[0] > 0, sides.allSatisfy({ (1...Self.longestSide).contains($0) }) else {
      throw DatasetError(
        .wrongDimensions, in: path,
        found: "dimensions \(sizes.map(String.init).joined(separator: " × ")) in the header",
        expected: content == .images
          ? "at least one image, of 1 to \(Self.longestSide) rows and columns"
          : "at least one label",
        advice: DatasetError.repair(path))
    }
  }

  private static func short(_ count: Int, _ content: Content, _ path: String) -> DatasetError {
    DatasetError(
      .shortFile, in: path, found: "\(count) bytes",
      expected: "the \(content.byteCount) bytes of an IDX header of \(content.name) at the least",
      advice: DatasetError.repair(path))
  }

  private static func wrong(
    _ magic: UInt32, _ content: Content, _ path: String
  ) -> DatasetError {
    let found: String
    let advice: String
    if let other = Content(rawValue: magic) {
      found = "IDX \(other.name) (magic number \(hexadecimal(magic)))"
      advice = "check that the image file and the label file are not swapped"
    } else if let type = elementTypes[magic >> 8], magic & 0xFF > 0 {
      found = "an IDX file of \(type), \(magic & 0xFF)-dimensional (\(hexadecimal(magic)))"
      advice = "convert it to unsigned bytes, \(content.dimensions)-dimensional"
    } else {
      found = "the magic number \(hexadecimal(magic)), so neither gzip nor IDX"
      advice = DatasetError.repair(path)
    }
    return DatasetError(
      .wrongMagic, in: path, found: found,
      expected: "IDX \(content.name) (magic number \(hexadecimal(content.rawValue)))",
      advice: advice)
  }

  private static let elementTypes: [UInt32: String] = [
    0x08: "unsigned bytes", 0x09: "signed bytes", 0x0B: "16-bit integers",
    0x0C: "32-bit integers", 0x0D: "32-bit floats", 0x0E: "64-bit floats",
  ]

  private static func hexadecimal(_ word: UInt32) -> String {
    let digits = String(word, radix: 16)
    return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
  }
}

extension Span<UInt8> {
  fileprivate func bigEndianWord(at offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 << 8 | UInt32(self[offset + $1]) }
  }
}
