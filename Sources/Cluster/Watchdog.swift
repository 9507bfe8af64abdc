import Foundation
import Synchronization

/// Ends the process if its main thread stands still: in a call of MPI that waits for a rank that
/// hangs, before `StallDetector` is there or outside of its reach, or on a dead file system.
package final class Watchdog: Sendable {
  private let now: @Sendable () -> UInt64
  private let lastBeat: Atomic<UInt64>
  private let limit = Atomic<UInt64>(0)

  /// A watchdog that has just seen progress.
  ///
  /// - Parameters:
  ///   - limit: the seconds without a beat after which the process ends.
  ///   - now: the time in nanoseconds.
  package init(
    limit: Double,
    now: @escaping @Sendable () -> UInt64 = { DispatchTime.now().uptimeNanoseconds }
  ) {
    self.now = now
    lastBeat = Atomic(now())
    setLimit(limit)
  }

  /// Watches from now on, on a thread of its own.
  package func start(reportingTo console: Console) {
    beat()
    Thread.detachNewThread { [self] in
      while true {
        sleep(1)
        // Of a process that was itself stopped, the first look after it sees a long silence.
        guard isOverdue else { continue }
        sleep(2)
        guard isOverdue else { continue }
        console.error(
          "process \(getpid()) on \(ProcessInfo.processInfo.hostName) made no progress for "
            + "\(limit.load(ordering: .relaxed) / 1_000_000_000) s: ending it; a rank, a host or "
            + "a file system hangs; continue with --resume")
        _exit(1)
      }
    }
  }

  /// Sets the limit: the seconds without a beat after which the process ends.
  package func setLimit(_ seconds: Double) {
    limit.store(UInt64(seconds * 1e9), ordering: .relaxed)
  }

  /// Says that the program makes progress.
  package func beat() { lastBeat.store(now(), ordering: .releasing) }

  /// True if the last beat is longer ago than the limit.
  package var isOverdue: Bool {
    // The beat first: one that comes in between would otherwise lie in the future.
    let lastBeat = lastBeat.load(ordering: .acquiring)
    let now = now()
    return now > lastBeat && now - lastBeat > limit.load(ordering: .relaxed)
  }
}
