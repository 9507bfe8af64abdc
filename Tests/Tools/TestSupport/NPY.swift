/// A NumPy array file, as `numpy.save` writes it.
///
/// - Parameters:
///   - descr: the type of the elements, such as "<f4".
///   - elements: their bytes.
///   - version: 1, 2 or 3.
package func npy(
  _ descr: String, _ shape: [Int], isFortranOrder: Bool = false, _ elements: [UInt8],
  version: UInt8 = 1
) -> [UInt8] {
  let sizes = shape.map { "\($0), " }.joined()
  var header =
    "{'descr': '\(descr)', 'fortran_order': \(isFortranOrder ? "True" : "False"), "
    + "'shape': (\(sizes)), }"
  let prefix = version == 1 ? 10 : 12
  header += String(repeating: " ", count: 63 - (prefix + header.utf8.count) % 64) + "\n"
  let length = UInt32(header.utf8.count)
  return [0x93] + Array("NUMPY".utf8) + [version, 0]
    + (0..<prefix - 8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(header.utf8)
    + elements
}

/// The bytes of numbers, one after the other.
package func bytes<Number: FixedWidthInteger>(
  _ numbers: [Number], isBigEndian: Bool = false
) -> [UInt8] {
  numbers.flatMap { number in
    withUnsafeBytes(of: isBigEndian ? number.bigEndian : number.littleEndian) { Array($0) }
  }
}

/// The bytes of floats, one after the other.
package func bytes(_ floats: [Float]) -> [UInt8] { bytes(floats.map(\.bitPattern)) }
