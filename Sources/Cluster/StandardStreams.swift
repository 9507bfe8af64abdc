import Files
import Foundation

/// This process's standard output and standard error.
package enum StandardStreams {
  /// Prepares the streams, before anything else is opened or written.
  ///
  /// One that is closed becomes one that cannot be written: the next file that is opened would have
  /// its number, and get its lines. A file that reaches the limit of its size is an error of the
  /// write (`EFBIG`), and no signal that ends the process.
  package static func prepare() {
    signal(SIGXFSZ, SIG_IGN)
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
    where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest number that is free, which is this one.
      _ = open("/dev/null", O_RDONLY)
    }
  }

  /// Writes to standard output.
  ///
  /// - Throws: `FileError`, unless the reader went away.
  static func output(_ text: String) throws(FileError) {
    try put(text, to: STDOUT_FILENO, named: "standard output")
  }

  /// Writes to standard error.
  ///
  /// - Throws: `FileError`, unless the reader went away.
  static func error(_ text: String) throws(FileError) {
    try put(text, to: STDERR_FILENO, named: "standard error")
  }

  /// Writes at once, and as one piece where the system allows.
  private static func put(
    _ text: String, to descriptor: Int32, named name: String
  ) throws(FileError) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if written > 0 {
        bytes = bytes.dropFirst(written)
        continue
      }
      let code = errno
      switch code {
      case EINTR: continue
      case EAGAIN:
        // Another process made the terminal or pipe that they share nonblocking.
        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&ready, 1, 1000)
      case EPIPE: return
      // A terminal that was closed.
      case EIO where isCharacterDevice(descriptor): return
      default:
        throw FileError(
          .cannotWrite, path: name, reason: "it cannot be written (\(systemReason(code)))",
          code: code)
      }
    }
  }

  private static func isCharacterDevice(_ descriptor: Int32) -> Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFCHR
  }
}
