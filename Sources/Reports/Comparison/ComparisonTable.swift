import Foundation

extension ComparisonReport {
  /// The headings of a table's columns.
  var headings: [String] {
    let isBalanced = configurations.allSatisfy(\.confusion.isBalanced)
    return ["", "\(evaluated) accuracy"] + (isBalanced ? [] : ["balanced accuracy", "macro F1"])
      + ["parameters", "seconds", "samples/s"]
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
    let figures = [accuracy] + (confusion.isBalanced ? [] : [balancedAccuracy, macroF1])
    return figures.map(\.percentage) + [
      grouped(parameters), String(format: "%.1f", seconds.mean),
      grouped(Int(samplesPerSecond.mean.rounded())),
    ]
  }
}

extension SampleMoments {
  /// The mean, with the deviation where there is one, in percent.
  fileprivate var percentage: String {
    String(format: "%.2f", 100 * mean)
      + (deviation.map { String(format: " ± %.2f", 100 * $0) } ?? "") + " %"
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
