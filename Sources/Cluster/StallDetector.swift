import Foundation
import MessagePassing

/// Waits for the other ranks in a collective: a moment busy, then leaving the core to others, and
/// after a while naming those that are missing, as `StallPolicy` decides.
///
/// The ranks tell each other that they wait on a communicator of its own.
package final class StallDetector: WaitStrategy {
  /// True if others compute on the core that this rank waits on.
  package var sharesCores = false {
    didSet { if sharesCores { Self.sleepExactly() } }
  }

  private var policy: StallPolicy
  private let clock = Stopwatch()
  private let channel: Communicator
  private let hosts: [String]
  private let console: Console
  private let watchdog: Watchdog
  private var nextListening = 0.0
  private var othersAreInterrupted = false
  private var hasToldOfSignal = false

  /// A detector for this rank of `world`, whose ranks run on `hosts`. All ranks call this.
  ///
  /// - Throws: `MPIError`.
  package init(
    _ world: Communicator, hosts: [String], console: Console, watchdog: Watchdog
  ) throws(MPIError) {
    channel = try world.duplicate()
    self.hosts = hosts
    (self.console, self.watchdog) = (console, watchdog)
    policy = StallPolicy(rank: world.rank, hosts: hosts, now: clock.total)
  }

  /// The waits after which missing ranks are named, and the job ends.
  package var limits: StallPolicy.Limits {
    get { policy.limits }
    set { policy.limits = newValue }
  }

  /// Begins a step, counted from 1: the one that a rank that is missing did not come to.
  package func beginStep(_ number: Int) {
    policy.step = number
    // A rank alone waits for nobody, and would say it nowhere else before the end of the epoch.
    watchdog.beat()
  }

  /// True if a signal asked this rank to end, or, as far as it has heard, another.
  ///
  /// A rank that works on something long asks now and then, on the thread that calls MPI. That also
  /// tells the others that it works, at most every five seconds, and of a signal.
  package func isInterrupted() -> Bool {
    watchdog.beat()
    let now = clock.total
    if policy.isHeartbeatDue(at: now) { tellOthers(.working) }
    if now > nextListening {
      nextListening = now + StallPolicy.lookInterval
      readMessages()
    }
    tellOfSignal()
    return othersAreInterrupted || TerminationSignals.requested != nil
  }

  package func wait(until isComplete: () -> Bool) {
    let start = clock.total
    policy.beginWait(at: start)
    var nextLook = StallPolicy.lookInterval
    while !isComplete() {
      let waited = clock.total - start
      if waited > (sharesCores ? 0.000_02 : 0.002) {
        usleep(sleepMicroseconds(waited))
      } else if waited > 0.000_05 {
        sched_yield()
      }
      guard waited > nextLook else { continue }
      nextLook = waited + StallPolicy.lookInterval
      watchdog.beat()
      look(at: start + waited)
    }
    watchdog.beat()
    take(policy.endWait(at: clock.total))
  }

  /// The sleep between two looks for the end of a wait. On a core with others it is a small part of
  /// what the wait took so far: with many ranks on it, their looks would take all of its time.
  private func sleepMicroseconds(_ waited: Double) -> UInt32 {
    guard sharesCores else { return waited > 0.1 ? 1000 : 100 }
    return UInt32(min(max(waited / 16 * 1e6, 10), 2000))
  }

  private func look(at now: Double) {
    readMessages()
    tellOfSignal()
    take(policy.look(at: now))
  }

  private func take(_ actions: [StallPolicy.Action]) {
    for action in actions {
      switch action {
      case .tell(let message): tellOthers(message)
      case .say(let sentence): console.error(sentence)
      case .abort: MPIEnvironment.abort(code: 1)
      }
    }
  }

  private func readMessages() {
    do {
      while let status = try channel.probeNow(Int.self, from: nil) {
        let step = try channel.receive(Int.self, from: status.source, tag: status.tag)
        guard let message = StallPolicy.Message(rawValue: status.tag) else { continue }
        if message == .interrupted { othersAreInterrupted = true }
        policy.hear(message, step: step, from: status.source, at: clock.total)
      }
    } catch {
      end(error)
    }
  }

  /// Tells the others, once, that a signal came to this rank: one of them may be at work while the
  /// rest wait for it.
  private func tellOfSignal() {
    guard TerminationSignals.requested != nil, !hasToldOfSignal else { return }
    hasToldOfSignal = true
    tellOthers(.interrupted)
  }

  private func tellOthers(_ message: StallPolicy.Message) {
    do {
      for rank in 0..<channel.size where rank != channel.rank {
        try channel.send(policy.step, to: rank, tag: message.rawValue)
      }
    } catch {
      end(error)
    }
  }

  /// A collective is under way, so nothing can be thrown past it.
  private func end(_ error: any Error) -> Never {
    console.error("\(RankFailure(rank: channel.rank, host: hosts[channel.rank], error))")
    MPIEnvironment.abort(code: 1)
  }

  /// Has Linux wake this thread, the main one, when it asked for it, and not up to 50 µs later: a
  /// wait between the stages of a sum is not much longer. Where that is refused, the sleeps are
  /// longer.
  private static func sleepExactly() {
    try? Data("1000".utf8).write(to: URL(filePath: "/proc/self/timerslack_ns"))
  }
}
