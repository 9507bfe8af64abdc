import CZlib
import TestSupport

/// A gzip stream of `start` and then `megabytes` · 2²⁰ zeros: about a thousandth of their size.
///
/// A flushed deflate block can be repeated, so that this takes as long as the stream is, not as
/// what it inflates to.
func gzipBomb(_ start: [UInt8], megabytes: Int) -> [UInt8] {
  let zeros = [UInt8](repeating: 0, count: 1 << 20)
  let block = deflated(zeros, level: 9, windowBits: -15, flush: Z_FULL_FLUSH)
  var checksum = crc32(0, start, UInt32(start.count))
  let blockChecksum = crc32(0, zeros, UInt32(zeros.count))
  var bytes: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
  bytes += deflated(start, level: 9, windowBits: -15, flush: Z_FULL_FLUSH)
  for _ in 0..<megabytes {
    bytes += block
    checksum = crc32_combine(checksum, blockChecksum, zeros.count)
  }
  bytes += [3, 0]  // A last block, empty.
  let count = UInt(start.count + megabytes << 20)
  return bytes + littleEndian(checksum, size: 4) + littleEndian(count, size: 4)
}

/// The `size` low bytes of `number`, the lowest first.
func littleEndian(_ number: UInt, size: Int) -> [UInt8] {
  (0..<size).map { UInt8(truncatingIfNeeded: number >> UInt(8 * $0)) }
}
