import Cluster
import Synchronization
import Testing

@Suite("The console")
struct ConsoleTests {
  /// Keeps what was written, each piece with a mark for its stream.
  private final class Written: Sendable {
    private let pieces = Mutex<[String]>([])
    var all: [String] { pieces.withLock { $0 } }

    var console: Console {
      Console(
        output: { text in self.pieces.withLock { $0.append("1:" + text) } },
        errors: { text in self.pieces.withLock { $0.append("2:" + text) } })
    }
  }

  @Test("Lines go to standard output, and messages with the program's name to standard error")
  func streams() {
    let written = Written()
    let console = written.console
    console.line("a")
    console.info("b")
    console.warning("c")
    console.error("d")
    console.bar { _ in "no terminal" }
    console.finish()
    #expect(
      written.all == ["1:a\n", "2:lockstep: b\n", "2:lockstep: warning: c\n", "2:lockstep: d\n"])
  }

  @Test("The bar stays below all lines, is replaced, and leaves no trace")
  func bar() {
    let written = Written()
    let console = written.console
    console.showBar(on: Terminal(path: "/nonexistent"))
    console.line("before")
    console.bar { "[\($0)]" }
    console.error("above")
    console.bar { _ in "[=]" }
    console.finish()
    console.bar { _ in "after the end" }
    let erasure = "1:\r\u{1B}[K"
    #expect(
      written.all == [
        "1:before\n", erasure + "[80]", erasure, "2:lockstep: above\n", "1:[80]", erasure + "[=]",
        erasure,
      ])
  }
}
