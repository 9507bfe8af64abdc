/// Decides for one rank when a wait for the others is long, which of them are missing, and which
/// rank says so.
///
/// A rank that has waited long tells all others so. Those that are not heard of are the ones that
/// everybody waits for, and of those that wait the lowest speaks for all. Times are in seconds on
/// any clock; nothing here sends or prints.
package struct StallPolicy {
  /// The limits of a wait, in seconds.
  package struct Limits: Equatable, Sendable {
    /// The wait until the missing ranks are named.
    package var report: Double
    /// The wait until the job ends.
    package var abort: Double

    /// The limits of a run, unless its configuration has others.
    package init(report: Double = 60, abort: Double = 300) {
      (self.report, self.abort) = (report, abort)
    }
  }

  /// A message from one rank to all others, with the step that it is at.
  package enum Message: Int, Sendable {
    /// The rank works on something long.
    case working
    /// The rank has waited long.
    case waiting
    /// The rank that had waited long goes on.
    case goingOn
    /// A signal asked the rank to end, and with it the job.
    case interrupted
  }

  /// A thing to do after a look.
  package enum Action: Equatable {
    /// Send a message to all others.
    case tell(Message)
    /// Print a sentence.
    case say(String)
    /// End the job.
    case abort
  }

  /// The time from one look to the next.
  package static let lookInterval = 0.25
  /// The longest that the others' answers may take.
  private static let answerTime = 2.0
  /// The time from one sign of life to the next.
  private static let heartbeatInterval = 5.0

  package var limits = Limits()
  /// The step that this rank is at, counted from 1; 0 before the first.
  package var step = 0

  private let rank: Int
  private let hosts: [String]
  private var stage = Stage.quiet
  /// True if the others were told that this rank waits.
  private var hasTold = false
  private var start: Double
  private var lastLook: Double
  /// The last time that somebody worked, or the begin of the wait.
  private var lastSign: Double
  private var lastHeartbeat: Double
  /// The steps in which other ranks said that they wait, for those that have not said since that they
  /// go on.
  private var waitingAt: [Int: Int] = [:]

  private enum Stage {
    case quiet, told
    /// The missing ranks were named, by this rank or another.
    case reported(String)
  }

  /// A policy for one of the ranks that run on `hosts`.
  package init(rank: Int, hosts: [String], now: Double) {
    (self.rank, self.hosts) = (rank, hosts)
    (start, lastLook, lastSign, lastHeartbeat) = (now, now, now, now)
  }

  /// Begins a wait.
  package mutating func beginWait(at now: Double) {
    (start, lastLook, lastSign) = (now, now, now)
    stage = .quiet
  }

  /// Takes a message from another rank into account.
  package mutating func hear(_ message: Message, step: Int, from rank: Int, at now: Double) {
    switch message {
    case .working: lastSign = now
    case .waiting: waitingAt[rank] = step
    case .goingOn: waitingAt[rank] = nil
    case .interrupted: break
    }
  }

  /// Decides what to do now, a look interval after the last look.
  package mutating func look(at now: Double) -> [Action] {
    if now - lastLook > Self.lookInterval + 2 {
      // This process was itself stopped: it has waited for nobody.
      lastSign = now
      stage = .quiet
    }
    lastLook = now
    let silence = now - lastSign
    var actions: [Action] = []
    switch stage {
    case .quiet where silence > limits.report:
      actions.append(.tell(.waiting))
      (stage, hasTold) = (.told, true)
    case .told where silence > limits.report + Self.answerTime:
      if speaks {
        actions.append(
          .say(
            "\(missing) did not come to step \(step) in \(silence.wholeSeconds) s; "
              + "the job ends after \(limits.abort.wholeSeconds) s (train.stallAbortSeconds)"))
        stage = .reported(missing)
      } else {
        stage = .reported("a rank that was missing")
      }
    default: break
    }
    if silence > limits.abort + (speaks ? 0 : Self.answerTime) {
      if speaks {
        actions.append(
          .say(
            "\(missing) did not come to step \(step) in \(silence.wholeSeconds) s: ending the job; "
              + "check the host, and continue with --resume"))
      }
      actions.append(.abort)
    }
    return actions
  }

  /// Ends a wait, and decides what is to be done if it was long.
  package mutating func endWait(at now: Double) -> [Action] {
    guard hasTold else { return [] }
    defer { (stage, hasTold) = (.quiet, false) }
    guard case .reported(let missing) = stage else { return [.tell(.goingOn)] }
    let seconds = (now - start).wholeSeconds
    return [.tell(.goingOn), .say("\(missing) came after \(seconds) s; going on")]
  }

  /// True if it is time to tell the others that this rank works on something long.
  package mutating func isHeartbeatDue(at now: Double) -> Bool {
    guard now - lastHeartbeat > Self.heartbeatInterval else { return false }
    lastHeartbeat = now
    return true
  }

  /// True if this is the lowest of the ranks that wait.
  private var speaks: Bool { !(0..<rank).contains(where: waits) }

  /// True if a rank has said that it waits, too: in this step, or in one beside it, since a
  /// collective may be complete on one rank while it lacks a part on another.
  private func waits(_ rank: Int) -> Bool {
    waitingAt[rank].map { abs($0 - step) <= 1 } ?? false
  }

  /// The ranks that were not heard of, for people.
  private var missing: String {
    let missing = hosts.indices.filter { $0 != rank && !waits($0) }
    let names = missing.map { "rank \($0) on \(hosts[$0])" }
    return names.isEmpty ? "a message" : names.joined(separator: ", ")
  }
}

extension Double {
  fileprivate var wholeSeconds: Int { Int(rounded()) }
}
