import Files

/// A fault of a header, as a phrase.
struct HeaderFault: Error {
  var kind = FileError.Kind.malformed
  let phrase: String
}

/// Reads the few forms of JSON that a safetensors header is made of.
///
/// The caller says at each place which form must follow, so nothing nests deeper than the format
/// does, and a number is only ever an integer that fits: a general JSON parser promises neither.
///
/// Source: RFC 8259.
struct JSONScanner {
  private let bytes: [UInt8]
  /// The offset of the next byte.
  private(set) var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// An object; `member` reads the value that belongs to each key.
  mutating func object(
    _ member: (inout JSONScanner, String) throws(HeaderFault) -> Void
  ) throws(HeaderFault) {
    try expect("{")
    if accept("}") { return }
    repeat {
      let key = try string()
      try expect(":")
      try member(&self, key)
    } while accept(",")
    try expect("}")
  }

  /// Tells whether a `null` comes next, and passes over it.
  mutating func null() throws(HeaderFault) -> Bool {
    guard accept("n") else { return false }
    for letter in "ull".utf8 where next() != letter { throw fault("there is no 'null'") }
    return true
  }

  /// An array of integers that are not negative and fit an `Int`.
  mutating func integers() throws(HeaderFault) -> [Int] {
    try expect("[")
    var values: [Int] = []
    if accept("]") { return values }
    repeat { values.append(try integer()) } while accept(",")
    try expect("]")
    return values
  }

  /// A string.
  mutating func string() throws(HeaderFault) -> String {
    try expect("\"")
    var text: [UInt8] = []
    while let byte = next() {
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw fault("a string is not UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20: throw fault("a control character stands in a string")
      default: text.append(byte)
      }
    }
    throw fault("a string does not end")
  }

  /// The end of the text, after nothing but white space.
  mutating func end() throws(HeaderFault) {
    skipSpace()
    if offset < bytes.count { throw fault("more follows the header's object") }
  }

  /// A fault at the current place.
  func fault(_ phrase: String) -> HeaderFault {
    HeaderFault(phrase: "\(phrase), at byte \(offset) of the header")
  }

  private mutating func integer() throws(HeaderFault) -> Int {
    skipSpace()
    let start = offset
    var value = 0
    while offset < bytes.count, case let digit = bytes[offset] &- UInt8(ascii: "0"), digit < 10 {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int(digit))
      guard !overflow, !carry else { throw fault("a number is too large") }
      value = sum
      offset += 1
    }
    let count = offset - start
    guard count == 1 || count > 1 && bytes[start] != UInt8(ascii: "0") else {
      throw fault("there is no whole number without a sign")
    }
    return value
  }

  private mutating func escape(into text: inout [UInt8]) throws(HeaderFault) {
    switch next() {
    case UInt8(ascii: "\""): text.append(UInt8(ascii: "\""))
    case UInt8(ascii: "\\"): text.append(UInt8(ascii: "\\"))
    case UInt8(ascii: "/"): text.append(UInt8(ascii: "/"))
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimalWord()
      if (0xD800..<0xDC00).contains(code), next() == UInt8(ascii: "\\"),
        next() == UInt8(ascii: "u"),
        case let low = try hexadecimalWord(), (0xDC00..<0xE000).contains(low)
      {
        code = 0x1_0000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw fault("half a surrogate pair") }
      text.append(contentsOf: String(scalar).utf8)
    default: throw fault("an unknown escape stands in a string")
    }
  }

  private mutating func hexadecimalWord() throws(HeaderFault) -> UInt32 {
    var word: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw fault("an escape has no four hexadecimal digits")
      }
      word = word << 4 | UInt32(digit)
    }
    return word
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(HeaderFault) {
    if !accept(character) { throw fault("there is no '\(character)'") }
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func skipSpace() {
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x20, 0x09, 0x0A, 0x0D: offset += 1
      default: return
      }
    }
  }

  private mutating func next() -> UInt8? {
    guard offset < bytes.count else { return nil }
    defer { offset += 1 }
    return bytes[offset]
  }
}
