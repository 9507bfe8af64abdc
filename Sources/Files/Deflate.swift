import CZlib

/// Bytes as zlib deflates them, in its own frame.
///
/// The corresponding C function is `compress2`.
package func deflated(_ bytes: [UInt8]) -> [UInt8] {
  var count = compressBound(UInt(bytes.count))
  return [UInt8](unsafeUninitializedCapacity: Int(count)) { output, written in
    let status = compress2(
      output.baseAddress, &count, bytes, UInt(bytes.count), Z_DEFAULT_COMPRESSION)
    // It has room for the worst case, and fails for lack of memory alone.
    precondition(status == Z_OK, "zlib error \(status)")
    written = Int(count)
  }
}

/// The CRC-32 of some bytes, as in gzip and PNG files.
///
/// The corresponding C function is `crc32` of zlib.
package func crc32(_ bytes: [UInt8]) -> UInt32 {
  UInt32(truncatingIfNeeded: CZlib.crc32(0, bytes, UInt32(bytes.count)))
}
