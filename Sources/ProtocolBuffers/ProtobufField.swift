/// A field of a message of protocol buffers, as it is read.
package struct ProtobufField: Equatable {
  /// The value by its wire type.
  package enum Value: Equatable {
    /// A number of any width: of a `double` or `float` its bit pattern.
    case number(UInt64)
    /// A string, bytes, a message, or packed numbers.
    case bytes(ArraySlice<UInt8>)
  }

  /// Its number in the message's declaration.
  package let number: Int
  package let value: Value

  /// The fields of a message in the order of its bytes; nil where these are none, or end too early.
  package static func all(in bytes: ArraySlice<UInt8>) -> [ProtobufField]? {
    var (rest, fields) = (bytes, [ProtobufField]())
    while !rest.isEmpty {
      guard let tag = varint(&rest), let number = Int(exactly: tag >> 3) else { return nil }
      let value: Value?
      switch tag & 7 {
      case 0: value = varint(&rest).map(Value.number)
      case 1: value = fixed(&rest, byteCount: 8)
      case 2: value = varint(&rest).flatMap { take($0, of: &rest) }.map(Value.bytes)
      case 5: value = fixed(&rest, byteCount: 4)
      default: value = nil
      }
      guard let value else { return nil }
      fields.append(ProtobufField(number: number, value: value))
    }
    return fields
  }

  private static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }

  private static func fixed(_ rest: inout ArraySlice<UInt8>, byteCount: UInt64) -> Value? {
    take(byteCount, of: &rest).map { bytes in
      .number(bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }
  }

  private static func take(
    _ count: UInt64, of rest: inout ArraySlice<UInt8>
  ) -> ArraySlice<UInt8>? {
    guard count <= UInt64(rest.count) else { return nil }
    defer { rest = rest.dropFirst(Int(count)) }
    return rest.prefix(Int(count))
  }
}
