import Files
import Synchronization

/// The output that a person sees: lines on standard output, messages on standard error, and on a
/// terminal a progress bar below the lines. Any thread may write.
package final class Console: Sendable {
  /// Takes a piece of text that is written at once.
  package typealias Sink = @Sendable (String) throws(FileError) -> Void

  private struct State {
    /// The bar for a number of columns, as a line without an end.
    var bar: (@Sendable (_ columns: Int) -> String)?
    var terminal: Terminal?
    var lostOutput: FileError?
  }
  private let state = Mutex(State())
  private let output: Sink
  private let errors: Sink

  /// A console that writes to `output` and `errors`: those of this process, unless others are
  /// given.
  package init(
    output: @escaping Sink = StandardStreams.output,
    errors: @escaping Sink = StandardStreams.error
  ) {
    (self.output, self.errors) = (output, errors)
  }

  /// Writes a line to standard output, above the bar. The first that cannot be written is an error
  /// that is said at once, and ends no work that others have a part in.
  package func line(_ text: String) {
    state.withLock { state in
      do throws(FileError) {
        try aboveBar(state) { () throws(FileError) in try output(text + "\n") }
      } catch  where state.lostOutput == nil {
        state.lostOutput = error
        say("\(error): its lines are lost", state)
      } catch {}
    }
  }

  /// Writes a message on what happens to standard error, above the bar.
  package func info(_ text: String) {
    state.withLock { say(text, $0) }
  }

  /// Writes a message on what may have to be changed to standard error, above the bar.
  package func warning(_ text: String) { info("warning: \(text)") }

  /// Writes a message on what went wrong to standard error, above the bar.
  package func error(_ text: String) { info(text) }

  /// Checks that standard output took every line.
  ///
  /// - Throws: the error of the first that it did not.
  package func requireOutput() throws(FileError) {
    if let error = state.withLock({ $0.lostOutput }) { throw error }
  }

  /// Shows a progress bar from now on if there is a terminal.
  package func showBar(on terminal: Terminal?) {
    state.withLock { $0.terminal = terminal }
  }

  /// Replaces the progress bar by the one that `text` draws for the terminal's columns, as a line
  /// without an end.
  package func bar(_ text: @escaping @Sendable (_ columns: Int) -> String) {
    state.withLock { state in
      guard state.terminal != nil else { return }
      state.bar = text
      try? output(Self.erasure + bar(state))
    }
  }

  /// Removes the progress bar.
  package func finish() {
    state.withLock { state in
      if state.bar != nil { try? output(Self.erasure) }
      (state.bar, state.terminal) = (nil, nil)
    }
  }

  /// Erases what a terminal shows from the line of its cursor on: the bar, at whose start the cursor
  /// stays, so that all of it goes where a terminal that became narrow broke it into several lines, or
  /// echoed Ctrl-C.
  private static let erasure = "\r\u{1B}[J"

  /// The bar as wide as the terminal is now.
  private func bar(_ state: State) -> String {
    (state.bar?(state.terminal?.columns ?? 80) ?? "") + "\r"
  }

  private func say(_ text: String, _ state: State) {
    try? aboveBar(state) { () throws(FileError) in try errors("lockstep: \(text)\n") }
  }

  /// Writes above the bar, by `write`.
  private func aboveBar(
    _ state: State, _ write: () throws(FileError) -> Void
  ) throws(FileError) {
    guard state.bar != nil else { return try write() }
    try? output(Self.erasure)
    defer { try? output(bar(state)) }
    try write()
  }
}
