/// A record of a TFRecord file: bytes with their number before them, each with a checksum.
///
/// Source: <https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details>.
enum Record {
  /// The bytes of a record in a file.
  static func framed(_ data: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    withUnsafeBytes(of: UInt64(data.count).littleEndian) { bytes += $0 }
    bytes += checksum(bytes[...])
    bytes += data
    bytes += checksum(data[...])
    return bytes
  }

  /// The records of a file, as their places in it and their data. One whose data are damaged is passed
  /// over; behind a damaged length no other can be found, and the last one may be cut off.
  ///
  /// - Returns: the records, and false if some before the end were damaged.
  static func all(
    in file: [UInt8]
  ) -> (records: [(place: Range<Int>, data: ArraySlice<UInt8>)], isWhole: Bool) {
    var records: [(place: Range<Int>, data: ArraySlice<UInt8>)] = []
    var (rest, isWhole) = (file[...], true)
    while rest.count >= headerCount {
      let header = rest.prefix(headerCount)
      guard hasChecksum(header) else { return (records, false) }
      let count = header.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      let left = rest.count - headerCount - checksumCount
      guard left >= 0, count <= UInt64(left) else { break }
      let end = rest.startIndex + headerCount + Int(count) + checksumCount
      let body = file[rest.startIndex + headerCount..<end]
      if hasChecksum(body) {
        records.append((rest.startIndex..<end, body.dropLast(checksumCount)))
      } else {
        isWhole = false
      }
      rest = file[end...]
    }
    return (records, isWhole)
  }

  private static let checksumCount = 4
  private static let headerCount = 8 + checksumCount

  /// True if bytes end with their checksum.
  private static func hasChecksum(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.suffix(checksumCount).elementsEqual(checksum(bytes.dropLast(checksumCount)))
  }

  /// The CRC-32C, rotated and moved so that one of bytes that have checksums among them is not weak.
  private static func checksum(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    let crc = crc32c(bytes)
    let masked = (crc >> 15 | crc << 17) &+ 0xa282_ead8
    return withUnsafeBytes(of: masked.littleEndian) { Array($0) }
  }
}

/// The CRC-32C (Castagnoli) of some bytes.
///
/// Source: RFC 3720, section 12.1 and appendix B.4.
package func crc32c(_ bytes: some Sequence<UInt8>) -> UInt32 {
  ~bytes.reduce(~0) { crc, byte in crc >> 8 ^ remainders[Int(UInt8(truncatingIfNeeded: crc) ^ byte)]
  }
}

/// For each byte the remainder of its division by the polynomial, both with their bits reversed.
private let remainders: [UInt32] = (0..<256).map { byte in
  (0..<8).reduce(byte) { rest, _ in rest & 1 == 1 ? rest >> 1 ^ 0x82f6_3b78 : rest >> 1 }
}
