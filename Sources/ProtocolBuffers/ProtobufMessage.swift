/// A message of protocol buffers that is written field by field, as the bytes of its wire format.
///
/// Fields whose value is the default of proto3 (0, "", empty) are left out, as its encoders do; one
/// that is written twice is a repeated field.
///
/// Source: <https://protobuf.dev/programming-guides/encoding/>.
package struct ProtobufMessage: Sendable {
  /// The bytes so far.
  package private(set) var bytes: [UInt8] = []

  package init() {}

  /// The kind of value that follows a field's number.
  private enum WireType: UInt64 {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    case fixed32 = 5
  }

  /// Adds an `int32`, `int64`, `bool` or `enum`.
  package mutating func add(_ field: Int, _ value: Int) {
    guard value != 0 else { return }
    tag(field, .varint)
    append(varint: UInt64(bitPattern: Int64(value)))
  }

  /// Adds a `string`.
  package mutating func add(_ field: Int, _ text: String) {
    guard !text.isEmpty else { return }
    addBytes(field, text.utf8)
  }

  /// Adds a `double`.
  package mutating func add(_ field: Int, _ value: Double) {
    if value != 0 { addChoice(field, value) }
  }

  /// Adds a `double` that is one choice of a `oneof`, and there also if it is 0.
  package mutating func addChoice(_ field: Int, _ value: Double) {
    tag(field, .fixed64)
    append(value.bitPattern)
  }

  /// Adds a `float` that is one choice of a `oneof`.
  package mutating func addChoice(_ field: Int, _ value: Float) {
    tag(field, .fixed32)
    append(value.bitPattern)
  }

  /// Adds a `bool` that is one choice of a `oneof`.
  package mutating func addChoice(_ field: Int, _ value: Bool) {
    tag(field, .varint)
    bytes.append(value ? 1 : 0)
  }

  /// Adds a message, also one without fields, for its presence says something.
  package mutating func add(_ field: Int, _ message: ProtobufMessage) {
    addBytes(field, message.bytes)
  }

  /// Adds `bytes`.
  package mutating func addBytes(_ field: Int, _ value: some Collection<UInt8>) {
    tag(field, .lengthDelimited)
    append(varint: UInt64(value.count))
    bytes += value
  }

  /// Adds a repeated `int32` or `int64`, packed.
  package mutating func addPacked(_ field: Int, _ values: [Int]) {
    var packed = ProtobufMessage()
    for value in values { packed.append(varint: UInt64(bitPattern: Int64(value))) }
    if !values.isEmpty { addBytes(field, packed.bytes) }
  }

  /// Adds a repeated `double`, packed.
  package mutating func addPacked(_ field: Int, _ values: [Double]) {
    var packed = ProtobufMessage()
    for value in values { packed.append(value.bitPattern) }
    if !values.isEmpty { addBytes(field, packed.bytes) }
  }

  private mutating func tag(_ field: Int, _ type: WireType) {
    append(varint: UInt64(field) << 3 | type.rawValue)
  }

  /// Appends the bytes of a number, the lowest first.
  private mutating func append(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
  }

  /// Appends seven bits a byte, the lowest first; the eighth says that more follow.
  private mutating func append(varint value: UInt64) {
    var rest = value
    while rest > 0x7f {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
