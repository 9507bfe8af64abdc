/// A type of floats that a file is written in.
package enum FloatFormat: String, CaseIterable, Sendable {
  /// 32 bits: Swift's `Float`.
  case float32 = "f32"
  /// IEEE's of 16 bits.
  case float16 = "f16"
  /// The upper half of 32 bits.
  case bfloat16 = "bf16"

  /// The elements' type in the file.
  package var dataType: TensorDataType {
    switch self {
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    }
  }

  /// The bits of values that take 16, each rounded to the nearest, and of two that are as near to the
  /// even one, as `torch.Tensor.to` rounds; nil for 32-bit floats.
  func halves(of values: Span<Float>) -> [UInt16]? {
    switch self {
    case .float32: nil
    case .float16: values.indices.map { Float16(values[$0]).bitPattern }
    case .bfloat16: values.indices.map { Self.bfloat16Bits(values[$0]) }
    }
  }

  private static func bfloat16Bits(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    // A quiet NaN stays one.
    if value.isNaN { return UInt16(bits >> 16) | 0x40 }
    return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ (bits >> 16 & 1)) >> 16)
  }

  /// The largest finite value.
  package var greatestFinite: Float {
    switch self {
    case .float32: .greatestFiniteMagnitude
    case .float16: Float(Float16.greatestFiniteMagnitude)
    case .bfloat16: Float(bitPattern: 0x7f7f_0000)
    }
  }
}
