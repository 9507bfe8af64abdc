import Foundation
import Synchronization

/// The output that a person sees: lines on standard output, messages on standard error, and on a
/// terminal a progress bar below the lines. Any thread may write.
package final class Console: Sendable {
  /// Takes a piece of text that is written at once.
  package typealias Sink = @Sendable (String) -> Void

  private struct State {
    var bar = ""
    var terminal: Terminal?
  }
  private let state = Mutex(State())
  private let output: Sink
  private let errors: Sink

  /// A console that writes to `output` and `errors`: those of this process, unless others are
  /// given.
  package init(
    output: @escaping Sink = { put($0, to: STDOUT_FILENO) },
    errors: @escaping Sink = { put($0, to: STDERR_FILENO) }
  ) {
    (self.output, self.errors) = (output, errors)
  }

  /// Writes a line to standard output, above the bar.
  package func line(_ text: String) { write(text + "\n", to: output) }

  /// Writes a message on what happens to standard error, above the bar.
  package func info(_ text: String) { write("lockstep: \(text)\n", to: errors) }

  /// Writes a message on what may have to be changed to standard error, above the bar.
  package func warning(_ text: String) { info("warning: \(text)") }

  /// Writes a message on what went wrong to standard error, above the bar.
  package func error(_ text: String) { info(text) }

  /// Shows a progress bar from now on if there is a terminal.
  package func showBar(on terminal: Terminal?) {
    state.withLock { $0.terminal = terminal }
  }

  /// Replaces the progress bar by the one that `text` draws for the terminal's columns.
  package func bar(_ text: (_ columns: Int) -> String) {
    state.withLock { state in
      guard let terminal = state.terminal else { return }
      let text = text(terminal.columns)
      output(Self.erasure + text)
      state.bar = text
    }
  }

  /// Removes the progress bar.
  package func finish() {
    state.withLock { state in
      if !state.bar.isEmpty { output(Self.erasure) }
      state.bar = ""
      state.terminal = nil
    }
  }

  /// Erases the line that a terminal's cursor is in.
  private static let erasure = "\r\u{1B}[K"

  private func write(_ text: String, to sink: Sink) {
    state.withLock { state in
      guard !state.bar.isEmpty else { return sink(text) }
      output(Self.erasure)
      sink(text)
      output(state.bar)
    }
  }
}

/// Writes at once, and as one piece where the system allows; a reader that went away is no error.
private func put(_ text: String, to descriptor: Int32) {
  var bytes = Array(text.utf8)[...]
  while !bytes.isEmpty {
    let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if written > 0 {
      bytes = bytes.dropFirst(written)
    } else if errno != EINTR {
      return
    }
  }
}
