import Cluster
import Files
import Foundation
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
    // No terminal, and so 80 columns.
    console.showBar(on: Terminal(path: "/dev/null"))
    console.line("before")
    console.bar { "[\($0)]" }
    console.error("above")
    console.bar { _ in "[=]" }
    console.finish()
    console.bar { _ in "after the end" }
    // The cursor is left where the bar begins: erasing from there on takes all of a bar that the
    // terminal broke in two, and what it echoed of Ctrl-C.
    let erasure = "1:\r\u{1B}[J"
    #expect(
      written.all == [
        "1:before\n", erasure + "[80]\r", erasure, "2:lockstep: above\n", "1:[80]\r",
        erasure + "[=]\r", erasure,
      ])
  }

  @Test("The bar below a line is as wide as the terminal is then")
  func resizedTerminal() throws {
    let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    defer { close(terminal) }
    // TIOCSPTLCK unlocks the other end, and TIOCGPTN tells its number.
    var (isLocked, number): (Int32, UInt32) = (0, 0)
    try #require(
      ioctl(terminal, 0x4004_5431, &isLocked) == 0 && ioctl(terminal, 0x8004_5430, &number) == 0)
    func resize(columns: UInt16) {
      var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
      _ = ioctl(terminal, UInt(TIOCSWINSZ), &size)
    }
    let written = Written()
    let console = written.console
    console.showBar(on: Terminal(path: "/dev/pts/\(number)"))
    resize(columns: 60)
    console.bar { "[\($0)]" }
    resize(columns: 30)
    console.line("a")
    #expect(written.all.suffix(2) == ["1:a\n", "1:[30]\r"])
  }

  @Test(
    "The first line that standard output does not take is said once, and is an error at the end")
  func lostOutput() throws {
    let said = Mutex<[String]>([])
    let full = FileError(.cannotWrite, path: "standard output", reason: "it is full")
    let console = Console(
      output: { _ throws(FileError) in throw full },
      errors: { text in said.withLock { $0.append(text) } })
    try console.requireOutput()
    for _ in 0..<2 { console.line("a") }
    #expect(said.withLock { $0 } == ["lockstep: standard output: it is full: its lines are lost\n"])
    #expect(throws: full) { try console.requireOutput() }
  }
}
