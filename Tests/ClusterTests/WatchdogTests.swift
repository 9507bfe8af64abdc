import Cluster
import Foundation
import Synchronization
import Testing

@Suite("The watchdog and the signals")
struct WatchdogTests {
  /// A clock that stands still unless it is set.
  private final class Clock: Sendable {
    let nanoseconds = Atomic<UInt64>(1_000_000_000)
    func advance(_ seconds: Double) {
      nanoseconds.add(UInt64(seconds * 1e9), ordering: .relaxed)
    }
  }

  @Test("A beat is overdue when its limit has passed, which may change")
  func overdue() {
    let clock = Clock()
    let watchdog = Watchdog(limit: 5) { clock.nanoseconds.load(ordering: .relaxed) }
    clock.advance(5)
    #expect(!watchdog.isOverdue)
    clock.advance(0.1)
    #expect(watchdog.isOverdue)
    watchdog.setLimit(6)
    #expect(!watchdog.isOverdue)
    clock.advance(1)
    #expect(watchdog.isOverdue)
    watchdog.beat()
    #expect(!watchdog.isOverdue)
  }

  /// A watchdog that is handed out once.
  private final class Watched: Sendable {
    private let watchdog = Mutex<Watchdog?>(nil)
    func set(_ new: Watchdog) { watchdog.withLock { $0 = new } }
    func take() -> Watchdog? {
      watchdog.withLock { watchdog in
        defer { watchdog = nil }
        return watchdog
      }
    }
  }

  @Test("A beat that comes while the clock is read is not overdue")
  func beatInBetween() {
    let clock = Clock()
    let watched = Watched()
    let watchdog = Watchdog(limit: 5) {
      let now = clock.nanoseconds.load(ordering: .relaxed)
      // The main thread, between this reading of the clock and what is done with it.
      if let other = watched.take() {
        clock.advance(0.001)
        other.beat()
      }
      return now
    }
    watched.set(watchdog)
    #expect(!watchdog.isOverdue)
  }

  @Test("A signal that asks a run to end is remembered by its name, unless nohup has it ignored")
  func signals() {
    let numbers = [SIGTERM, SIGINT, SIGUSR1, SIGHUP]
    defer { for number in numbers { signal(number, SIG_DFL) } }
    #expect(TerminationSignals.requested == nil)
    signal(SIGHUP, SIG_IGN)
    TerminationSignals.install()
    raise(SIGHUP)
    #expect(TerminationSignals.requested == nil)
    signal(SIGHUP, SIG_DFL)
    TerminationSignals.install()
    raise(SIGHUP)
    #expect(TerminationSignals.requested == "SIGHUP")
    raise(SIGUSR1)
    #expect(TerminationSignals.requested == "SIGUSR1")
    raise(SIGTERM)
    #expect(TerminationSignals.requested == "SIGTERM")
  }
}
