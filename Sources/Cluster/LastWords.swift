import Foundation

/// A sentence from a process that the system or the language ends for want of memory, in place of a
/// trace of its stack.
///
/// Large memory is asked for in a way that can fail. Small pieces are asked for by code that cannot
/// report a failure: it aborts (SIGABRT), or touches a page that there is no room for (SIGBUS).
enum LastWords {
  /// The bytes of memory without which an abort was for want of memory. The system's libraries ask
  /// for as much at a time.
  private static let usualRequest = 1 << 26
  /// The sentences, in memory that is never freed: a signal's handler must not allocate. Set once,
  /// before any other thread starts.
  nonisolated(unsafe) private static var ofMemory: UnsafeMutablePointer<CChar>?
  nonisolated(unsafe) private static var ofPages: UnsafeMutablePointer<CChar>?
  /// The action of SIGABRT before, in memory that is never freed.
  nonisolated(unsafe) private static let usualAbort = {
    let place = UnsafeMutablePointer<sigaction>.allocate(capacity: 1)
    place.initialize(to: sigaction())
    return place
  }()

  /// Has the signals SIGABRT, where memory is to blame, and SIGBUS, where a page cannot be had, say
  /// a sentence. Otherwise the one does what it did, and the other ends the process as Linux does.
  static func prepare() {
    let process = "\nlockstep: process \(getpid()) on \(ProcessInfo.processInfo.hostName)"
    ofMemory = strdup(
      "\(process) has no memory left (ulimit -v, ulimit -d, or a control group); no checkpoint is "
        + "damaged: give it more, or train a smaller model, and continue with --resume\n")
    ofPages = strdup(
      "\(process) lost a page of memory that it shares, or of a file: there is no room for it (a "
        + "full /dev/shm, or a control group), or the file became shorter or cannot be read; no "
        + "checkpoint is damaged: mend that, and continue with --resume\n")
    var action = sigaction()
    action.sa_flags = SA_SIGINFO
    action.__sigaction_handler.sa_sigaction = { number, information, _ in
      LastWords.say(after: number, code: information?.pointee.si_code ?? 0)
    }
    sigaction(SIGABRT, &action, usualAbort)
    sigaction(SIGBUS, &action, nil)
  }

  private static func say(after number: Int32, code: Int32) {
    let text = number == SIGABRT ? ofMemory : ofPages
    // Of the bus's errors, that of a page; not one that another process sent, or of the hardware.
    let isExplained = number == SIGABRT ? isMemoryShort : code == Int32(BUS_ADRERR)
    if let text, isExplained {
      _ = write(STDERR_FILENO, text, strlen(text))
      _exit(1)
    }
    if number == SIGABRT {
      sigaction(SIGABRT, usualAbort, nil)
    } else {
      // Swift's own action expects the fault to happen again, and one that was sent does not.
      signal(SIGBUS, SIG_DFL)
    }
    raise(number)
  }

  private static var isMemoryShort: Bool {
    let address = mmap(
      nil, usualRequest, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    if address != MAP_FAILED { munmap(address, usualRequest) }
    return address == MAP_FAILED
  }
}
