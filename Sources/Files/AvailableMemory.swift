import Glibc

/// Tells whether this process can have `byteCount` bytes more: it asks for them and gives them back.
///
/// An array that cannot grow ends the process, so this is asked before one takes what a file holds.
package func canAllocate(_ byteCount: Int) -> Bool {
  let address = mmap(
    nil, max(byteCount, 1), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
  guard address != MAP_FAILED else { return false }
  munmap(address, max(byteCount, 1))
  return true
}
