import Foundation
import MessagePassing

/// How a rank waits for the others in a collective: a moment busy, then leaving the core to others,
/// and after a while asking who is missing.
///
/// A rank that has waited long tells all others so, on a communicator of its own. Those that are not
/// heard of are the ones that everybody waits for.
package final class StallDetector: WaitStrategy {
  /// How long a rank waits, in seconds.
  package struct Limits {
    /// Until it says who is missing.
    package var report: Double
    /// Until it ends the job.
    package var abort: Double

    /// The limits of a run.
    package init(report: Double = 60, abort: Double = 300) {
      (self.report, self.abort) = (report, abort)
    }
  }

  package var limits = Limits()
  /// Whether others compute on the core that this rank waits on.
  package var sharesCores = false {
    didSet { if sharesCores { Self.sleepExactly() } }
  }
  /// The step that this rank is at, counted from 1; 0 before the first.
  package var step = 0

  private let channel: Communicator
  private let hosts: [String]
  private let watchdog = Watchdog.shared
  private var lastSign = ContinuousClock.now
  private var waitingAt: [Int: Int] = [:]
  private var lastGreeting = ContinuousClock.now

  /// How long the others' answers may take.
  private static let answerTime = 2.0

  /// A watch over the ranks of `world`, which run on `hosts`.
  package init(_ world: Communicator, hosts: [String]) throws {
    channel = try world.duplicate()
    self.hosts = hosts
  }

  package func wait(until isComplete: () -> Bool) {
    let start = ContinuousClock.now
    lastSign = start
    var nextLook = 0.25
    var stage = Stage.quiet
    while !isComplete() {
      let waited = (ContinuousClock.now - start).seconds
      if waited > (sharesCores ? 0.000_02 : 0.002) {
        usleep(waited > 0.1 ? 1000 : sharesCores ? 10 : 100)
      } else if waited > 0.000_05 {
        sched_yield()
      }
      guard waited > nextLook else { continue }
      if waited > nextLook + 2 {
        // This process was itself stopped: it has waited for nobody.
        lastSign = .now
        stage = .quiet
      }
      nextLook = waited + 0.25
      watchdog.beat()
      look(&stage)
    }
    watchdog.beat()
    if case .reported(let missing) = stage {
      Console.standard.error(
        "\(missing) came after \((ContinuousClock.now - start).seconds.wholeSeconds) s; going on")
    }
  }

  /// Has Linux wake this thread, the main one, when it asked for it, and not up to 50 µs later: a wait between
  /// the stages of a sum is not much longer. Where that is refused, the sleeps are longer.
  private static func sleepExactly() {
    try? Data("1000".utf8).write(to: URL(filePath: "/proc/self/timerslack_ns"))
  }

  /// Tells the others, at most every five seconds, that this rank works on something long.
  package func heartbeat() {
    watchdog.beat()
    guard (ContinuousClock.now - lastGreeting).seconds > 5 else { return }
    lastGreeting = .now
    tellOthers(.working)
  }

  private enum Stage {
    case quiet, told
    case reported(String)
  }
  private enum Message: Int { case working, waiting }

  private func look(_ stage: inout Stage) {
    readMessages()
    let silence = (ContinuousClock.now - lastSign).seconds
    switch stage {
    case .quiet where silence > limits.report:
      tellOthers(.waiting)
      stage = .told
    case .told where silence > limits.report + Self.answerTime:
      let missing = missing()
      if speaks {
        Console.standard.error(
          "\(missing) did not come to step \(step) in \(silence.wholeSeconds) s; "
            + "the job ends after \(limits.abort.wholeSeconds) s (train.stallAbortSeconds)")
        stage = .reported(missing)
      } else {
        stage = .reported("a rank that was missing")
      }
    default: break
    }
    if silence > limits.abort + (speaks ? 0 : Self.answerTime) {
      if speaks {
        Console.standard.error(
          "\(missing()) did not come to step \(step) in \(silence.wholeSeconds) s: ending the job; "
            + "check the host, and continue with --resume")
      }
      MPIEnvironment.abort(code: 1)
    }
  }

  /// The lowest of the ranks that wait speaks for all of them.
  private var speaks: Bool {
    !(0..<channel.rank).contains(where: waits)
  }

  /// Whether a rank has said that it waits, too: in this step, or in one beside it, since a collective
  /// may be complete on one rank while it lacks a part on another.
  private func waits(_ rank: Int) -> Bool {
    waitingAt[rank].map { abs($0 - step) <= 1 } ?? false
  }

  private func missing() -> String {
    let missing = (0..<channel.size).filter { $0 != channel.rank && !waits($0) }
    let names = missing.map { "rank \($0) on \(hosts[$0])" }
    return names.isEmpty ? "a message" : names.joined(separator: ", ")
  }

  private func readMessages() {
    do {
      while let status = try channel.probeNow(Int.self, from: nil) {
        let value = try channel.receive(Int.self, from: status.source, tag: status.tag)
        switch Message(rawValue: status.tag) {
        case .working: lastSign = .now
        case .waiting: waitingAt[status.source] = value
        case nil: break
        }
      }
    } catch {
      end(error)
    }
  }

  private func tellOthers(_ message: Message) {
    do {
      for rank in 0..<channel.size where rank != channel.rank {
        try channel.send(step, to: rank, tag: message.rawValue)
      }
    } catch {
      end(error)
    }
  }

  /// A collective is under way, so nothing can be thrown past it.
  private func end(_ error: any Error) -> Never {
    Console.standard.error("rank \(channel.rank) on \(hosts[channel.rank]): \(error)")
    MPIEnvironment.abort(code: 1)
  }
}

extension Double {
  fileprivate var wholeSeconds: Int { Int(rounded()) }
}
