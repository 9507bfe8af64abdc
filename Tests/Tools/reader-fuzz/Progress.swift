import Foundation

/// The work that a worker has done, in memory that it shares with its supervisor through a file: a
/// crash loses nothing of it.
final class Progress {
  /// The counters, in the order of their slots.
  enum Counter: Int, CaseIterable {
    /// The number of the input that is being read, or was last.
    case input
    /// Inputs that were read, whatever became of them.
    case tried
    /// Inputs that the reader took.
    case accepted
    /// Inputs that the reader refused with an error.
    case refused
    /// The processor time of the slowest input, as `clock()` counts.
    case slowest
    /// The number of the slowest input.
    case slowestInput
    /// The largest memory of the process, in KiB.
    case peakMemory
  }

  private let slots: UnsafeMutablePointer<Int>
  private static let byteCount = Counter.allCases.count * MemoryLayout<Int>.stride

  /// Maps the file at `path`, which is made if it is not there.
  init(path: String) throws {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    guard descriptor >= 0, ftruncate(descriptor, Self.byteCount) == 0,
      let memory = mmap(
        nil, Self.byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
      memory != MAP_FAILED
    else { throw BrokenPromise("cannot map \(path): \(String(cString: strerror(errno)))") }
    slots = memory.bindMemory(to: Int.self, capacity: Counter.allCases.count)
  }

  deinit { munmap(slots, Self.byteCount) }

  subscript(counter: Counter) -> Int {
    get { slots[counter.rawValue] }
    set { slots[counter.rawValue] = newValue }
  }
}
