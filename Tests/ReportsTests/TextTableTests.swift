import Reports
import Testing

@Suite("Text tables")
struct TextTableTests {
  @Test("A table that fits its rows has two spaces between its widest cells")
  func fitting() {
    let rows = [["", "accuracy", "s"], ["lstm", "9.5 %", "12.5"], ["a", "10 %", "3"]]
    let table = TextTable(fitting: rows)
    #expect(
      rows.map { table.line($0[0], Array($0.dropFirst())) } == [
        "      accuracy     s", "lstm     9.5 %  12.5", "a         10 %     3",
      ])
  }

  @Test("A column of fixed width leaves a space beside what is wider, and a note follows the cells")
  func fixed() {
    let table = TextTable(nameWidth: 6, cellWidth: 4)
    #expect(table.line("ms", ["1.5", "12345"], note: "a step") == "ms     1.5 12345  a step")
    #expect(table.line("longer name", [], note: "words") == "longer name words")
  }
}
