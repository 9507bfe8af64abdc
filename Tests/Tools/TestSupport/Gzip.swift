import CZlib

/// `bytes` as one gzip stream, by zlib.
package func gzip(_ bytes: [UInt8], level: Int32 = 6) -> [UInt8] {
  deflated(bytes, level: level, windowBits: 15 + 16, flush: Z_FINISH)
}

/// `bytes` as deflate leaves them, by zlib's numbers.
package func deflated(
  _ bytes: [UInt8], level: Int32, windowBits: Int32, flush: Int32
) -> [UInt8] {
  var stream = z_stream()
  deflateInit2_(
    &stream, level, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
    Int32(MemoryLayout<z_stream>.size))
  defer { deflateEnd(&stream) }
  var input = bytes
  var output = [UInt8](repeating: 0, count: bytes.count + bytes.count / 100 + 128)
  let capacity = output.count
  input.withUnsafeMutableBufferPointer { input in
    output.withUnsafeMutableBufferPointer { output in
      stream.next_in = input.baseAddress
      stream.avail_in = UInt32(input.count)
      stream.next_out = output.baseAddress
      stream.avail_out = UInt32(output.count)
      deflate(&stream, flush)
    }
  }
  return Array(output[..<(capacity - Int(stream.avail_out))])
}
