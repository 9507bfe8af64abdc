/// A table as text: names on the left, and right-aligned cells in columns of fixed widths.
package struct TextTable: Sendable {
  private let nameWidth: Int
  private let cellWidth: @Sendable (_ column: Int) -> Int

  /// A table whose columns have the same width, in characters.
  package init(nameWidth: Int, cellWidth: Int) {
    self.nameWidth = nameWidth
    self.cellWidth = { _ in cellWidth }
  }

  /// A table as wide as its rows ask for, each a name and cells, with two spaces between columns.
  package init(fitting rows: [[String]]) {
    let widths = (0..<(rows.map(\.count).max() ?? 0)).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    nameWidth = (widths.first ?? 0) + 1
    cellWidth = { widths[$0 + 1] + ($0 == 0 ? 1 : 2) }
  }

  /// A line: a name, cells, and a note after them; a space is left beside what is wider than its
  /// column.
  package func line(_ name: String, _ cells: [String], note: String = "") -> String {
    let columns = cells.enumerated().map { column, cell in
      String(repeating: " ", count: max(1, cellWidth(column) - cell.count)) + cell
    }
    return name + String(repeating: " ", count: max(1, nameWidth - name.count)) + columns.joined()
      + (cells.isEmpty || note.isEmpty ? note : "  " + note)
  }
}
