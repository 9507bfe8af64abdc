import Glibc

/// A lock on a folder, which no other process has until it goes. The corresponding C function is
/// `flock`.
package final class FolderLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock; nil if another process has it. A folder that cannot be locked, as on some
  /// network file systems, counts as free.
  package init?(_ folder: String) {
    descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK else {
      return
    }
    close(descriptor)
    return nil
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
