import Foundation

extension ComparisonReport {
  /// The report for a person, as text.
  package var table: String {
    let headings = ["", "parameters", "seconds", "samples/s", "test accuracy"]
    let rows = [headings] + configurations.map { [$0.name] + $0.cells }
    let widths = headings.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      let cells = zip(row, widths).enumerated().map { column, cell in
        let padding = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 ? cell.0 + padding : padding + cell.0
      }
      return cells.joined(separator: "  ")
    }
    return (lines + [""] + pairs.map(sentence)).joined(separator: "\n")
  }
}

extension ComparedConfiguration {
  /// The cells of its row: parameters, seconds, samples a second and accuracy.
  package var cells: [String] {
    [
      "\(parameters)", String(format: "%.1f", seconds.mean),
      String(format: "%.0f", samplesPerSecond.mean),
      String(format: "%.2f", 100 * accuracy.mean)
        + (accuracy.deviation.map { String(format: " ± %.2f", 100 * $0) } ?? "") + " %",
    ]
  }
}
