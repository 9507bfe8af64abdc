import Glibc

/// A new file that stands under its name only when all of it is on the disk.
///
/// The bytes go to a temporary file in the same folder. ``commit()`` flushes it, gives it its name
/// and flushes the folder, so that a crash at any moment leaves the old file or the new one.
/// Without a commit the temporary file is removed.
package final class AtomicFile {
  /// The end of temporary files' names, which also start with a dot.
  package static let temporarySuffix = ".tmp"

  private let path: String
  private let folder: String
  private let temporaryPath: String
  private var descriptor: Int32
  private var isCommitted = false

  /// Creates the temporary file; the file at `path`, if there is one, stays as it is.
  ///
  /// - Throws: ``FileError``, also if there is something else than a file, which would be replaced.
  package init(path: String) throws(FileError) {
    self.path = path
    let slash = path.lastIndex(of: "/")
    let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
    let parent = slash.map { path[...$0] } ?? ""
    folder = parent.isEmpty ? "." : String(parent)
    let unique = String(UInt64.random(in: 0...(.max)), radix: 36)
    temporaryPath = "\(parent).\(name).\(unique)\(Self.temporarySuffix)"
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      (descriptor, isCommitted) = (-1, true)
      throw FileError(
        .cannotWrite, path: path,
        reason: "it is a folder, a pipe or a device", advice: "give the path of a file",
        code: EEXIST)
    }
    // O_EXCL: a name that is taken, or a link that was planted, is an error and not a target.
    descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor < 0 else { return }
    isCommitted = true
    throw failure("create a temporary file in its folder")
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if !isCommitted { unlink(temporaryPath) }
  }

  /// Appends `bytes`.
  package func append(_ bytes: RawSpan) throws(FileError) {
    let code = writeAll(bytes) { write(descriptor, $0, $1) }
    guard code == 0 else { throw failure("write it", code: code) }
  }

  /// Replaces the bytes from `offset` on, which must have been written before.
  package func overwrite(at offset: Int, with bytes: RawSpan) throws(FileError) {
    var position = offset
    let code = writeAll(bytes) {
      let count = pwrite(descriptor, $0, $1, position)
      position += max(0, count)
      return count
    }
    guard code == 0 else { throw failure("write it", code: code) }
  }

  /// Flushes the bytes, gives the file its name, and flushes the folder's list of names.
  package func commit() throws(FileError) {
    guard fsync(descriptor) == 0 else { throw failure("flush it to the disk") }
    let status = close(descriptor)
    descriptor = -1
    guard status == 0 else { throw failure("close it") }
    guard rename(temporaryPath, path) == 0 else { throw failure("rename it into place") }
    isCommitted = true
    let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { throw failure("open its folder to flush it") }
    defer { close(directory) }
    // Some network file systems cannot flush a folder and say so with EINVAL.
    guard fsync(directory) == 0 || errno == EINVAL else { throw failure("flush its folder") }
  }

  private func failure(_ operation: String, code: Int32 = errno) -> FileError {
    .system(.cannotWrite, path: path, operation: operation, code: code)
  }
}
