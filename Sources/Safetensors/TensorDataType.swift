/// The element types of safetensors.
///
/// Source: `Dtype` of https://github.com/huggingface/safetensors.
package enum TensorDataType: String, CaseIterable, Sendable {
  /// Boolean, one byte.
  case bool = "BOOL"
  /// Float of 4 bits, 2 of them the exponent; two elements to a byte.
  case float4 = "F4"
  /// Float of 6 bits, 2 of them the exponent; four elements to three bytes.
  case float6E2M3 = "F6_E2M3"
  /// Float of 6 bits, 3 of them the exponent; four elements to three bytes.
  case float6E3M2 = "F6_E3M2"
  /// Unsigned integer of 8 bits.
  case uint8 = "U8"
  /// Signed integer of 8 bits.
  case int8 = "I8"
  /// Float of 8 bits, 5 of them the exponent.
  case float8E5M2 = "F8_E5M2"
  /// Float of 8 bits, 4 of them the exponent, without infinities (`torch.float8_e4m3fn`).
  case float8E4M3 = "F8_E4M3"
  /// Power of two in 8 bits.
  case float8E8M0 = "F8_E8M0"
  /// Float of 8 bits, 4 of them the exponent, without infinities or a negative zero.
  case float8E4M3FNUZ = "F8_E4M3FNUZ"
  /// Float of 8 bits, 5 of them the exponent, without infinities or a negative zero.
  case float8E5M2FNUZ = "F8_E5M2FNUZ"
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
  /// Complex number of two IEEE floats of 32 bits.
  case complex64 = "C64"
  /// IEEE float of 64 bits.
  case float64 = "F64"
  /// Signed integer of 64 bits.
  case int64 = "I64"
  /// Unsigned integer of 64 bits.
  case uint64 = "U64"

  /// The bits of one element.
  var bitCount: Int {
    switch self {
    case .float4: 4
    case .float6E2M3, .float6E3M2: 6
    case .bool, .uint8, .int8, .float8E5M2, .float8E4M3, .float8E8M0, .float8E4M3FNUZ,
      .float8E5M2FNUZ:
      8
    case .int16, .uint16, .float16, .bfloat16: 16
    case .int32, .uint32, .float32: 32
    case .complex64, .float64, .int64, .uint64: 64
    }
  }
}

extension TensorDataType {
  /// Converts the little-endian elements in `bytes` to 32-bit floats, each to the nearest, and of
  /// two that are as near to the even one; nil for a type that PyTorch does not convert either,
  /// unless it drops the imaginary part.
  ///
  /// Source: `torch.Tensor.copy_`, by which `load_state_dict` takes values of another type.
  func floats(_ bytes: [UInt8]) -> [Float]? {
    func map<Word: FixedWidthInteger>(_: Word.Type, _ value: (Word) -> Float) -> [Float] {
      bytes.withUnsafeBytes { bytes in
        stride(from: 0, to: bytes.count, by: Word.bitWidth / 8).map {
          value(Word(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Word.self)))
        }
      }
    }
    switch self {
    case .bool: return map(UInt8.self) { $0 == 0 ? 0 : 1 }
    case .uint8: return map(UInt8.self) { Float($0) }
    case .int8: return map(Int8.self) { Float($0) }
    // The upper half of an IEEE float of 16 bits.
    case .float8E5M2:
      return map(UInt8.self) { Float(Float16(bitPattern: UInt16($0) << 8)) }
    // As a float of 16 bits whose exponent counts from 15 instead of 7.
    case .float8E4M3:
      return map(UInt8.self) { byte in
        let magnitude = Float(Float16(bitPattern: UInt16(byte & 0x7F) << 7)) * 0x1p8
        return byte & 0x7F == 0x7F ? .nan : byte < 0x80 ? magnitude : -magnitude
      }
    case .float8E8M0:
      return map(UInt8.self) {
        $0 == 0xFF ? .nan : Float(sign: .plus, exponent: Int($0) - 127, significand: 1)
      }
    // The same with exponents that count from one more.
    case .float8E4M3FNUZ:
      return map(UInt8.self) { byte in
        let magnitude = Float(Float16(bitPattern: UInt16(byte & 0x7F) << 7)) * 0x1p7
        return byte == 0x80 ? .nan : byte < 0x80 ? magnitude : -magnitude
      }
    case .float8E5M2FNUZ:
      return map(UInt8.self) { byte in
        // Its largest exponent is none of infinities, as it is in 16 bits.
        let bits = UInt32(byte & 0x7F)
        let magnitude =
          bits >> 2 == 0
          ? Float(bits) * 0x1p-17
          : Float(bitPattern: (bits >> 2 + 111) << 23 | (bits & 3) << 21)
        return byte == 0x80 ? .nan : byte < 0x80 ? magnitude : -magnitude
      }
    case .int16: return map(Int16.self) { Float($0) }
    case .uint16: return map(UInt16.self) { Float($0) }
    case .float16: return map(UInt16.self) { Float(Float16(bitPattern: $0)) }
    case .bfloat16: return map(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
    case .int32: return map(Int32.self) { Float($0) }
    case .uint32: return map(UInt32.self) { Float($0) }
    case .float32: return map(UInt32.self) { Float(bitPattern: $0) }
    case .float64: return map(UInt64.self) { Float(Double(bitPattern: $0)) }
    case .int64: return map(Int64.self) { Float($0) }
    case .uint64: return map(UInt64.self) { Float($0) }
    case .float4, .float6E2M3, .float6E3M2, .complex64: return nil
    }
  }
}
