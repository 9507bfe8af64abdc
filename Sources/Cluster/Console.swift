import Foundation
import Synchronization

/// What a person sees: lines on standard output, messages on standard error, and on a terminal a
/// progress bar below the lines.
package final class Console: Sendable {
  /// The console of this process.
  package static let standard = Console()

  private struct State {
    var bar = ""
    var terminal: Terminal?
  }
  private let state = Mutex(State())

  /// Shows a progress bar from now on if there is a terminal.
  package func showBar(on terminal: Terminal?) {
    state.withLock { $0.terminal = terminal }
  }

  /// Writes a line to standard output, above the bar.
  package func line(_ text: String) {
    state.withLock { write(text + "\n", to: STDOUT_FILENO, &$0) }
  }

  /// Writes a message to standard error, above the bar.
  package func error(_ text: String) {
    state.withLock { write("lockstep: \(text)\n", to: STDERR_FILENO, &$0) }
  }

  /// Replaces the progress bar by what `text` makes of the terminal's columns.
  package func bar(_ text: (_ columns: Int) -> String) {
    state.withLock { state in
      guard let terminal = state.terminal else { return }
      let text = text(terminal.columns)
      put("\r\u{1B}[K" + text, to: STDOUT_FILENO)
      state.bar = text
    }
  }

  /// Removes the progress bar.
  package func finish() {
    state.withLock { state in
      if !state.bar.isEmpty { put("\r\u{1B}[K", to: STDOUT_FILENO) }
      state.bar = ""
      state.terminal = nil
    }
  }

  private func write(_ text: String, to descriptor: Int32, _ state: inout State) {
    guard !state.bar.isEmpty else { return put(text, to: descriptor) }
    put("\r\u{1B}[K", to: STDOUT_FILENO)
    put(text, to: descriptor)
    put(state.bar, to: STDOUT_FILENO)
  }

  /// Writes at once, and as one piece where the system allows; a reader that went away is no error.
  private func put(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if written > 0 {
        bytes = bytes.dropFirst(written)
      } else if errno != EINTR {
        return
      }
    }
  }
}
