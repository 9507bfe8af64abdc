import Foundation
import Synchronization

/// The last of the signals that came, or 0. The handler may only touch what needs no lock.
private let receivedSignal = Atomic<Int32>(0)
/// The times of the first SIGINT and of the first SIGTERM, in milliseconds; 0 before.
private let interruptTime = Atomic<Int>(0)
private let terminationTime = Atomic<Int>(0)
/// The time after which the same signal is another request, in milliseconds: `timeout` and others
/// send one twice, to the process and to its group.
private let pause = 1000

/// The last words of a process that is ended at once. A terminal's cursor may stand where a progress
/// bar begins, and behind ^C.
private let lastWords: StaticString = "lockstep: ended by the second signal; checkpoints stay\n"
private let lastWordsOnTerminal: StaticString =
  "\r\u{1B}[Jlockstep: ended by the second signal; checkpoints stay\n"

/// Ends the process if `number` is a second request to end. Runs in a signal's handler.
private func endIfAskedAgain(_ number: Int32) {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  let now = time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  let firstTime: Int
  switch number {
  case SIGINT:
    firstTime =
      interruptTime.compareExchange(expected: 0, desired: now, ordering: .relaxed).original
  case SIGTERM:
    firstTime =
      terminationTime.compareExchange(expected: 0, desired: now, ordering: .relaxed).original
  default: return
  }
  guard firstTime != 0, now - firstTime >= pause else { return }
  // A reader that stands still must not keep the process.
  var ready = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
  if poll(&ready, 1, 0) > 0 {
    let words = isatty(STDERR_FILENO) == 1 ? lastWordsOnTerminal : lastWords
    write(STDERR_FILENO, words.utf8Start, words.utf8CodeUnitCount)
  }
  _exit(128 + number)
}

/// The signals that ask a run to end after its present step, with a checkpoint: SIGTERM, SIGINT,
/// SIGUSR1, and SIGHUP unless it is ignored.
package enum TerminationSignals {
  /// The exit status of a run that was interrupted and can be resumed (`EX_TEMPFAIL`).
  package static let exitStatus: Int32 = 75

  /// The name of the signal that came; nil if none did.
  package static var requested: String? {
    switch receivedSignal.load(ordering: .relaxed) {
    case 0: nil
    case SIGTERM: "SIGTERM"
    case SIGINT: "SIGINT"
    case SIGHUP: "SIGHUP"
    default: "SIGUSR1"
    }
  }

  /// Takes the signals from now on; a second SIGINT, or a second SIGTERM, ends the process at once,
  /// unless it comes with the first.
  package static func install() {
    // What a handler uses must be there before.
    _ = receivedSignal.load(ordering: .relaxed)
    _ = interruptTime.load(ordering: .relaxed) + terminationTime.load(ordering: .relaxed) + pause
    _ = lastWords.utf8CodeUnitCount + lastWordsOnTerminal.utf8CodeUnitCount
    // Whoever started the process may have left them blocked.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGTERM, SIGINT, SIGUSR1, SIGHUP] {
      var action = sigaction()
      sigaction(number, nil, &action)
      // nohup has it ignored, for a run that is to survive its terminal.
      if number == SIGHUP, isIgnored(action) { continue }
      sigaddset(&signals, number)
      action = sigaction()
      action.__sigaction_handler.sa_handler = { number in
        endIfAskedAgain(number)
        receivedSignal.store(number, ordering: .relaxed)
      }
      action.sa_flags = SA_RESTART
      sigaction(number, &action, nil)
    }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  private static func isIgnored(_ action: sigaction) -> Bool {
    unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
