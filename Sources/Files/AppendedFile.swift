import Glibc

/// A file that grows by whole lines, each of which a reader sees at once and a killed process
/// leaves behind.
///
/// A line that cannot be written leaves no part of itself in the file. It stays in memory and is
/// tried again, so that a disk that was full for a while leaves no gap.
package final class AppendedFile {
  private let path: String
  private let descriptor: Int32
  /// The bytes that are written: whole lines.
  private var size: Int
  /// The lines that are not.
  private var pending: [UInt8] = []
  private var lastFailure: ContinuousClock.Instant?

  /// Opens the file at `path`, which exists, to go on at its end.
  ///
  /// - Throws: ``FileError``.
  package convenience init(path: String) throws(FileError) {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    let size = descriptor < 0 ? -1 : lseek(descriptor, 0, SEEK_END)
    guard size >= 0 else {
      let code = errno
      if descriptor >= 0 { close(descriptor) }
      throw .system(.cannotWrite, path: path, operation: "open it", code: code)
    }
    self.init(descriptor: descriptor, path: path, size: size)
  }

  /// A file that is open for writing, has `size` bytes, and is closed with this object.
  package init(descriptor: Int32, path: String, size: Int) {
    (self.descriptor, self.path, self.size) = (descriptor, path, size)
  }

  deinit { close(descriptor) }

  /// Adds a line, with its end.
  ///
  /// - Throws: ``FileError``; then nothing is written, and the line is kept.
  package func append(_ line: some Sequence<UInt8>) throws(FileError) {
    pending += line
    // Where lines wait, some thousand a second would be written and taken back.
    if let lastFailure, ContinuousClock.now - lastFailure < .seconds(1) { return }
    try flush()
  }

  /// Writes the lines that could not be written before.
  ///
  /// - Throws: ``FileError``; the file then has whole lines.
  package func flush() throws(FileError) {
    guard !pending.isEmpty else { return }
    var position = size
    let code = writeAll(pending.span.bytes) {
      let count = pwrite(descriptor, $0, $1, position)
      position += max(0, count)
      return count
    }
    guard code == 0 else {
      lastFailure = .now
      // Where that fails, too, the next write overwrites the part of a line, or a resumed run drops
      // it.
      ftruncate(descriptor, size)
      throw .system(.cannotWrite, path: path, operation: "write it", code: code)
    }
    size = position
    lastFailure = nil
    pending.removeAll(keepingCapacity: true)
  }

  /// Puts what is written on the disk, on any thread.
  ///
  /// It throws ``FileError``.
  package var synchronize: @Sendable () throws -> Void {
    { [descriptor, path] in
      // A pipe or a device has nothing to flush.
      guard fsync(descriptor) != 0, errno != EINVAL else { return }
      throw FileError.system(
        .cannotWrite, path: path, operation: "flush it to the disk", code: errno)
    }
  }
}
