import Glibc

/// Writes all of `bytes` by as many calls of `write` as that takes, and returns 0, or the `errno` of
/// the call that failed.
///
/// - Parameter write: takes the next bytes and their number, and returns how many it wrote, or -1
///   with `errno`, as the C function `write` does.
func writeAll(_ bytes: RawSpan, using write: (UnsafeRawPointer, Int) -> Int) -> Int32 {
  bytes.withUnsafeBytes { bytes in
    var rest = bytes[...]
    while !rest.isEmpty, let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress {
      let count = write(start, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return count == 0 ? ENOSPC : errno }
      rest = rest.dropFirst(count)
    }
    return 0
  }
}
