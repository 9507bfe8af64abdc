import CLinux
import Glibc

/// A system call on the way to shared memory that failed.
struct SegmentError: Error, CustomStringConvertible {
  /// The call and the system's reason.
  let description: String

  init(_ call: String, _ code: Int32 = errno) {
    description = "\(call): \(strerror(code).map { String(cString: $0) } ?? "error \(code)")"
  }
}

/// A segment of memory without a name (`memfd_create`), which several processes of a host map.
///
/// It takes no room in `/dev/shm`, leaves nothing behind when its processes are killed, and lives
/// as long as one of them maps it.
final class SharedSegment {
  /// The size of a page, in bytes.
  private static let pageSize = sysconf(Int32(_SC_PAGESIZE))

  let address: UnsafeMutableRawPointer
  let byteCount: Int
  private var descriptor: Int32

  /// Makes a segment of `byteCount` bytes, all zero, of which none is reserved.
  convenience init(byteCount: Int) throws(SegmentError) {
    let descriptor = clinux_memfd_create("lockstep")
    guard descriptor >= 0 else { throw SegmentError("memfd_create") }
    try self.init(owning: descriptor, byteCount: byteCount, call: "ftruncate") { _ in
      ftruncate(descriptor, byteCount) == 0
    }
  }

  /// Maps the segment of another process, which has it open as `descriptor`.
  convenience init(
    ofProcess process: Int, descriptor: Int, byteCount: Int
  ) throws(SegmentError) {
    let path = "/proc/\(process)/fd/\(descriptor)"
    let file = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw SegmentError("open of \(path)") }
    // Where processes do not see each other, the name may stand for anything.
    try self.init(owning: file, byteCount: byteCount, call: "fstat of \(path)") { status in
      guard fstat(file, &status) == 0 else { return false }
      guard status.st_mode & S_IFMT == S_IFREG, status.st_size == byteCount else {
        errno = ESTALE
        return false
      }
      return true
    }
  }

  private init(
    owning descriptor: Int32, byteCount: Int, call: String, prepare: (inout stat) -> Bool
  ) throws(SegmentError) {
    (self.descriptor, self.byteCount) = (descriptor, byteCount)
    var status = stat()
    // A size beyond `ulimit -f` would not be an error but a signal.
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    guard limit.rlim_cur >= UInt(byteCount) else {
      close(descriptor)
      throw SegmentError("\(call) (ulimit -f is \(limit.rlim_cur) bytes)", EFBIG)
    }
    guard prepare(&status) else {
      defer { close(descriptor) }
      throw SegmentError(call)
    }
    let mapping = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard let mapping, mapping != MAP_FAILED else {
      defer { close(descriptor) }
      throw SegmentError("mmap")
    }
    address = mapping
  }

  deinit {
    munmap(address, byteCount)
    closeFile()
  }

  /// The segment's file in this process, until `closeFile`.
  var file: (process: Int, descriptor: Int) { (Int(getpid()), Int(descriptor)) }

  /// Closes the file: no other process can map the segment from now on.
  func closeFile() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }

  /// Has the system find memory for part `index` of `count` even parts of the segment, near the
  /// processor that this process runs on. To touch bytes that are not reserved could end the
  /// process (SIGBUS).
  func reserve(part index: Int, of count: Int) throws(SegmentError) {
    let pages = (byteCount + Self.pageSize - 1) / Self.pageSize
    // The first part holds the first page, if any does.
    func end(_ parts: Int) -> Int {
      min((pages * parts + count - 1) / count * Self.pageSize, byteCount)
    }
    var offset = end(index)
    // In pieces, since a signal makes the call begin again.
    while offset < end(index + 1) {
      let piece = min(1 << 26, end(index + 1) - offset)
      let code = posix_fallocate(descriptor, offset, piece)
      guard code == 0 || code == EINTR else { throw SegmentError("posix_fallocate", code) }
      if code == 0 { offset += piece }
    }
  }
}
