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
  package var elementCount: Int { shape.reduce(1, *) }

  /// The bytes that a tensor takes; `nil` for a negative dimension, for bits that fill no whole
  /// number of bytes, or for more bits than an `Int` can count.
  static func byteCount(of shape: [Int], _ dataType: TensorDataType) -> Int? {
    var bits = dataType.bitCount
    for size in shape {
      guard size >= 0 else { return nil }
      let (product, overflow) = bits.multipliedReportingOverflow(by: size)
      guard !overflow else { return nil }
      bits = product
    }
    return bits.isMultiple(of: 8) ? bits / 8 : nil
  }
}

/// The name and the shape of a tensor of floats that is to be written.
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
