import Foundation
import Synchronization

/// The last of the signals that came, or 0. The handler may only touch what needs no lock.
private let receivedSignal = Atomic<Int32>(0)

/// The last words of a process that is ended at once.
private let endedAtOnce: StaticString =
  "lockstep: the second signal: ended at once; a run goes on from its last checkpoint with --resume\n"

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

  /// Takes the signals from now on; a second SIGINT, or a second SIGTERM, ends the process at once.
  package static func install() {
    _ = receivedSignal.load(ordering: .relaxed)
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
        if number == SIGINT || number == SIGTERM,
          receivedSignal.load(ordering: .relaxed) == number
        {
          write(STDERR_FILENO, endedAtOnce.utf8Start, endedAtOnce.utf8CodeUnitCount)
          _exit(128 + number)
        }
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
