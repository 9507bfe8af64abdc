/// The element types of safetensors whose elements are whole bytes.
package enum TensorDataType: String, Sendable {
  /// Boolean, one byte.
  case bool = "BOOL"
  /// Unsigned integer of 8 bits.
  case uint8 = "U8"
  /// Signed integer of 8 bits.
  case int8 = "I8"
  /// Float of 8 bits, 5 of them the exponent.
  case float8E5M2 = "F8_E5M2"
  /// Float of 8 bits, 4 of them the exponent.
  case float8E4M3 = "F8_E4M3"
  /// Signed integer of 16 bits.
  case int16 = "I16"
  /// Unsigned integer of 16 bits.
  case uint16 = "U16"
  /// IEEE float of 16 bits.
  case float16 = "F16"
  /// The upper half of an IEEE float of 32 bits.
  case bfloat16 = "BF16"
  /// Signed integer of 32 bits.
  case int32 = "I32"
  /// Unsigned integer of 32 bits.
  case uint32 = "U32"
  /// IEEE float of 32 bits: Swift's `Float`.
  case float32 = "F32"
  /// IEEE float of 64 bits.
  case float64 = "F64"
  /// Signed integer of 64 bits.
  case int64 = "I64"
  /// Unsigned integer of 64 bits.
  case uint64 = "U64"

  /// The bytes of one element.
  package var byteCount: Int {
    switch self {
    case .bool, .uint8, .int8, .float8E5M2, .float8E4M3: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .float64, .int64, .uint64: 8
    }
  }
}

/// One tensor of a safetensors file: its name, its type, its shape, and where its bytes lie.
package struct TensorEntry: Equatable, Sendable {
  /// The tensor's name, as in a PyTorch state dict.
  package let name: String
  /// The type of its elements.
  package let dataType: TensorDataType
  /// Its dimensions, outermost first; empty for a scalar.
  package let shape: [Int]
  /// Its bytes' offsets in the data section: row-major, little-endian.
  let byteRange: Range<Int>

  /// The number of its elements.
  package var elementCount: Int { byteRange.count / dataType.byteCount }

  /// The bytes that a tensor takes; `nil` for a negative dimension, or more than an `Int` can
  /// count.
  static func byteCount(of shape: [Int], _ dataType: TensorDataType) -> Int? {
    var count = dataType.byteCount
    for size in shape {
      guard size >= 0 else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow else { return nil }
      count = product
    }
    return count
  }
}

/// The name and the shape of a tensor of 32-bit floats that is to be written.
package struct TensorDescription: Equatable, Sendable {
  /// The tensor's name, as in a PyTorch state dict.
  package let name: String
  /// Its dimensions, outermost first; empty for a scalar.
  package let shape: [Int]

  /// A description from its parts.
  package init(name: String, shape: [Int]) {
    self.name = name
    self.shape = shape
  }
}
