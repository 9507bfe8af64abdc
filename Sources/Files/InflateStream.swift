import CZlib

/// The state of bytes that zlib inflates piece by piece, with those of them that wait for it.
final class InflateStream {
  /// The frame around the deflated bytes.
  enum Frame {
    case raw, gzip
  }

  /// The outcome of a call of `inflate`.
  enum Step {
    /// It wrote so many bytes, and the stream goes on; none where it needs more input.
    case inflated(Int)
    /// It wrote so many bytes, the last ones.
    case ended(Int)
    /// The bytes are damaged, in zlib's words.
    case damaged(String)
  }

  /// Room for the bytes that wait, from its start on.
  let input: UnsafeMutableBufferPointer<UInt8>
  /// On the heap, for `inflate` demands that a stream keep its address.
  private let stream: UnsafeMutablePointer<z_stream>

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    input = .allocate(capacity: 1 << 16)
  }

  deinit {
    inflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
    input.deallocate()
  }

  /// The bytes that wait.
  var waiting: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: stream.pointee.next_in, count: Int(stream.pointee.avail_in))
  }

  /// Says that so many bytes wait at the start of `input`.
  func setWaiting(_ count: Int) {
    stream.pointee.next_in = input.baseAddress
    stream.pointee.avail_in = UInt32(count)
  }

  /// Passes over the first bytes that wait.
  func skip(_ count: Int) {
    stream.pointee.next_in += count
    stream.pointee.avail_in -= UInt32(count)
  }

  /// Gets ready to inflate; false where zlib cannot.
  func begin(_ frame: Frame) -> Bool {
    // 15 is the largest window; 16 more ask for gzip's frame and checksum, and less than 0 for none.
    let bits: Int32 = frame == .gzip ? 15 + 16 : -15
    return inflateInit2_(stream, bits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
  }

  /// Begins again, with the next frame.
  func reset() { inflateReset(stream) }

  /// Inflates bytes that wait into `buffer`, from its start on.
  func inflate(into buffer: inout [UInt8]) -> Step {
    let capacity = UInt32(clamping: buffer.count)
    let status = buffer.withUnsafeMutableBufferPointer { output in
      stream.pointee.next_out = output.baseAddress
      stream.pointee.avail_out = capacity
      return CZlib.inflate(stream, Z_NO_FLUSH)
    }
    let count = Int(capacity - stream.pointee.avail_out)
    switch status {
    case Z_STREAM_END: return .ended(count)
    case Z_OK, Z_BUF_ERROR: return .inflated(count)
    default:
      return .damaged(stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)")
    }
  }
}
