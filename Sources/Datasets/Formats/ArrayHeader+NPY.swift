import Files

/// The header of a NumPy array file.
///
/// A file begins with `\x93NUMPY`, two bytes of version and the length of the header in 2 bytes
/// (version 1) or 4 (2 and 3), little-endian; the header is a Python literal, a dictionary of
/// `descr`, `fortran_order` and `shape`.
///
/// Source: NumPy Enhancement Proposal 1, and numpy.lib.format.
extension ArrayHeader {
  /// The bytes that say how long the header is.
  static let npyPrefixByteCount = 12
  /// The longest header: NumPy itself writes some hundred bytes for any array of numbers.
  private static let longest = 1 << 16

  /// The bytes that the header takes, from the first `npyPrefixByteCount` bytes of a file.
  ///
  /// - Throws: ``DatasetError`` where it is no NumPy array.
  static func npyByteCount(_ prefix: ArraySlice<UInt8>, path: String) throws(DatasetError) -> Int {
    let bytes = Array(prefix)
    guard bytes.count >= npyPrefixByteCount, bytes.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw DatasetError(
        .wrongMagic, in: path, found: "no NumPy array", expected: "a file as numpy.save writes it",
        advice: "save the array with numpy.save")
    }
    guard (1...3).contains(bytes[6]) else {
      throw DatasetError(
        .wrongMagic, in: path, found: "version \(bytes[6]).\(bytes[7]) of the format",
        expected: "version 1, 2 or 3", advice: "save the array with numpy.save")
    }
    let length =
      bytes[6] == 1
      ? Int(bytes[8]) | Int(bytes[9]) << 8
      : (0..<4).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    guard length <= longest else {
      throw DatasetError(
        .wrongDimensions, in: path, found: "a header of \(length) bytes",
        expected: "one of an array of numbers, of at most \(longest)",
        advice: "save the array with numpy.save")
    }
    return (bytes[6] == 1 ? 10 : 12) + length
  }

  /// Reads the header from the first `byteCount` bytes of a file.
  ///
  /// - Throws: ``DatasetError`` where the file ends in it, or it does not say what it should.
  init(npy bytes: [UInt8], path: String) throws(DatasetError) {
    let byteCount = try Self.npyByteCount(bytes.prefix(Self.npyPrefixByteCount), path: path)
    guard bytes.count >= byteCount else {
      throw DatasetError(
        .shortFile, in: path, found: "\(bytes.count) bytes",
        expected: "a header of \(byteCount) bytes and an array",
        advice: DatasetError.repair(path))
    }
    var literal = PythonLiteral(bytes[(bytes[6] == 1 ? 10 : 12)..<byteCount])
    guard let values = literal.dictionary(), case .text(let type)? = values["descr"],
      case .bool(let isFortranOrder)? = values["fortran_order"],
      case .numbers(let shape)? = values["shape"]
    else {
      throw DatasetError(
        .wrongDimensions, in: path, found: "a header that says no type, order and shape",
        expected: "an array of numbers, or of texts", advice: "save a plain array with numpy.save")
    }
    guard let element = ArrayElement(type) else {
      throw DatasetError(
        .wrongDimensions, in: path, found: "elements of the type \"\(type.excerpt())\"",
        expected: "integers, floats of 16, 32 or 64 bits, or texts (U, S)",
        advice: "convert the array with astype")
    }
    try self.init(
      element, isFortranOrder: isFortranOrder, shape: shape, byteCount: byteCount, path: path)
  }
}

/// The values of a NumPy header: of Python's literals only those that one has.
private struct PythonLiteral {
  enum Value {
    case text(String)
    case bool(Bool)
    case numbers([Int])
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// A dictionary, and nothing but space behind it; nil for anything else.
  mutating func dictionary() -> [String: Value]? {
    guard take("{") else { return nil }
    var values: [String: Value] = [:]
    while !take("}") {
      guard let key = text(), take(":"), let value = value() else { return nil }
      values[key] = value
      if !take(",") {
        guard take("}") else { return nil }
        break
      }
    }
    skipSpace()
    return rest.isEmpty ? values : nil
  }

  private mutating func value() -> Value? {
    if let text = text() { return .text(text) }
    if take("True") { return .bool(true) }
    if take("False") { return .bool(false) }
    return numbers().map { .numbers($0) }
  }

  private mutating func text() -> String? {
    skipSpace()
    guard let quote = rest.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\""),
      let end = rest.dropFirst().firstIndex(of: quote)
    else { return nil }
    let bytes = rest[rest.startIndex + 1..<end]
    rest = rest[(end + 1)...]
    return bytes.contains(UInt8(ascii: "\\")) ? nil : String(decoding: bytes, as: UTF8.self)
  }

  /// A tuple of numbers that are not negative.
  private mutating func numbers() -> [Int]? {
    guard take("(") else { return nil }
    var numbers: [Int] = []
    while !take(")") {
      skipSpace()
      let digits = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
      guard let number = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
      rest = rest.dropFirst(digits.count)
      // Python 2 wrote long integers so.
      _ = take("L")
      numbers.append(number)
      if !take(",") {
        guard take(")") else { return nil }
        break
      }
    }
    return numbers
  }

  private mutating func take(_ word: String) -> Bool {
    skipSpace()
    guard rest.starts(with: word.utf8) else { return false }
    rest = rest.dropFirst(word.utf8.count)
    return true
  }

  private mutating func skipSpace() {
    rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
  }
}
