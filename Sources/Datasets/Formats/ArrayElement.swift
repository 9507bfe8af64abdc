/// The type of an array's elements.
struct ArrayElement: Equatable {
  enum Kind: Equatable {
    case unsigned, signed, float
    /// 1 where it is true, and 0 otherwise.
    case bool
    /// Code points of 4 bytes each (`U`), or bytes (`S`), filled up with zeros.
    case unicode, bytes
  }

  let kind: Kind
  /// The bytes of an element.
  let byteCount: Int
  private let isBigEndian: Bool

  /// The type that `descr` names, such as `<f4`; nil for one that no array of numbers or texts has.
  init?(_ descr: String) {
    guard let order = descr.first, "<>|=".contains(order),
      let letter = descr.dropFirst().first, let size = Int(descr.dropFirst(2)), size > 0,
      size < 1 << 16
    else { return nil }
    switch (letter, size) {
    case ("b", 1): kind = .bool
    case ("u", 1), ("u", 2), ("u", 4), ("u", 8): kind = .unsigned
    case ("i", 1), ("i", 2), ("i", 4), ("i", 8): kind = .signed
    case ("f", 2), ("f", 4), ("f", 8): kind = .float
    case ("U", _): kind = .unicode
    case ("S", _): kind = .bytes
    default: return nil
    }
    byteCount = kind == .unicode ? 4 * size : size
    isBigEndian = order == ">"
  }

  /// The type with a number in the header of an IDX file; nil for none.
  init?(idxType: UInt8) {
    switch idxType {
    case 0x08: (kind, byteCount) = (.unsigned, 1)
    case 0x09: (kind, byteCount) = (.signed, 1)
    case 0x0B: (kind, byteCount) = (.signed, 2)
    case 0x0C: (kind, byteCount) = (.signed, 4)
    case 0x0D: (kind, byteCount) = (.float, 4)
    case 0x0E: (kind, byteCount) = (.float, 8)
    default: return nil
    }
    isBigEndian = true
  }

  var isText: Bool { kind == .unicode || kind == .bytes }
  /// True for floats of 32 bits that are as this machine has them in memory.
  var isFloatOfThisMachine: Bool { kind == .float && byteCount == 4 && !isBigEndian }
  /// True for unsigned bytes, which are pixels.
  var isByte: Bool { kind == .unsigned && byteCount == 1 }

  /// Sets as many floats as there are to the elements at the start of `bytes`, each rounded to the
  /// nearest.
  func convert(_ bytes: UnsafeRawBufferPointer, to floats: UnsafeMutableBufferPointer<Float>) {
    precondition(bytes.count >= floats.count * byteCount, "fewer elements than floats")
    func convert<Bits: FixedWidthInteger>(_ value: (Bits) -> Float) {
      for index in floats.indices {
        let bits = bytes.loadUnaligned(fromByteOffset: index * byteCount, as: Bits.self)
        floats[index] = value(isBigEndian ? Bits(bigEndian: bits) : Bits(littleEndian: bits))
      }
    }
    switch (kind, byteCount) {
    case (.float, 2): convert { (bits: UInt16) in Float(Float16(bitPattern: bits)) }
    case (.float, 4): convert { (bits: UInt32) in Float(bitPattern: bits) }
    case (.float, 8): convert { (bits: UInt64) in Float(Double(bitPattern: bits)) }
    case (.bool, _): convert { (bits: UInt8) in bits == 0 ? 0 : 1 }
    case (.unsigned, 1): convert { (bits: UInt8) in Float(bits) }
    case (.unsigned, 2): convert { (bits: UInt16) in Float(bits) }
    case (.unsigned, 4): convert { (bits: UInt32) in Float(bits) }
    case (.unsigned, 8): convert { (bits: UInt64) in Float(bits) }
    case (.signed, 1): convert { (bits: Int8) in Float(bits) }
    case (.signed, 2): convert { (bits: Int16) in Float(bits) }
    case (.signed, 4): convert { (bits: Int32) in Float(bits) }
    case (.signed, 8): convert { (bits: Int64) in Float(bits) }
    default: preconditionFailure("texts are no floats")
    }
  }

  /// The bytes of the element with a number among those in `bytes`.
  func bytes(_ index: Int, of bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    bytes.dropFirst(index * byteCount).prefix(byteCount)
  }

  /// The element as a number that a float of 32 bits has no room for; nil where it has.
  func beyondFloat(_ bytes: ArraySlice<UInt8>) -> Double? {
    guard kind == .float, byteCount == 8 else { return nil }
    let number = Double(bitPattern: word(bytes))
    return number.isFinite && !Float(number).isFinite ? number : nil
  }

  /// The element as an integer, or nil where its type is none, or it has more than 63 bits.
  func integer(_ bytes: ArraySlice<UInt8>) -> Int? {
    switch kind {
    case .unsigned: return Int(exactly: word(bytes))
    case .bool: return word(bytes) == 0 ? 0 : 1
    case .signed:
      let unused = 64 - 8 * byteCount
      return Int(truncatingIfNeeded: word(bytes) << unused) >> unused
    case .float, .unicode, .bytes: return nil
    }
  }

  /// The element as a text, without the zeros behind it; nil where it is none.
  func text(_ bytes: ArraySlice<UInt8>) -> String? {
    switch kind {
    case .bytes:
      return String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
    case .unicode:
      var scalars = String.UnicodeScalarView()
      for start in stride(from: bytes.startIndex, to: bytes.endIndex, by: 4) {
        let code = word(bytes[start..<start + 4])
        guard code != 0 else { break }
        guard let scalar = Unicode.Scalar(UInt32(code)) else { return nil }
        scalars.append(scalar)
      }
      return String(scalars)
    case .unsigned, .signed, .float, .bool: return nil
    }
  }

  private func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var word: UInt64 = 0
    if isBigEndian {
      for byte in bytes { word = word << 8 | UInt64(byte) }
    } else {
      for byte in bytes.reversed() { word = word << 8 | UInt64(byte) }
    }
    return word
  }
}
