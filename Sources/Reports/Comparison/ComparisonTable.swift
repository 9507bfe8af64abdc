import Foundation

extension ComparisonReport {
  /// The headings of a table's columns.
  var headings: [String] {
    ["", "\(evaluated) accuracy", "parameters", "seconds", "samples/s"]
  }

  /// The report for a person, as text.
  package var table: String {
    let rows = [headings] + configurations.map { [$0.name] + $0.cells }
    let table = TextTable(fitting: rows)
    let lines = rows.map { table.line($0[0], Array($0.dropFirst())) }
    return (lines + [""] + pairs.map(sentence) + diverged.map(sentence)).joined(separator: "\n")
  }

  /// Why a configuration is not in the report.
  package func sentence(_ diverged: DivergedConfiguration) -> String {
    "\(diverged.name) is left out, since its training diverged with seed \(diverged.seed)."
  }
}

extension ComparedConfiguration {
  /// The cells of its row after its name.
  package var cells: [String] {
    [
      String(format: "%.2f", 100 * accuracy.mean)
        + (accuracy.deviation.map { String(format: " ± %.2f", 100 * $0) } ?? "") + " %",
      grouped(parameters), String(format: "%.1f", seconds.mean),
      grouped(Int(samplesPerSecond.mean.rounded())),
    ]
  }
}

/// A number with a comma before every three digits.
func grouped(_ number: Int) -> String {
  let digits = Array("\(number)")
  return digits.enumerated().reduce(into: "") { text, digit in
    let isFirstOfThree = digit.offset > 0 && (digits.count - digit.offset) % 3 == 0
    text += (isFirstOfThree ? "," : "") + String(digit.element)
  }
}
