import Files
import Foundation
import Reports

extension DataReport {
  /// The report for a person, in lines of less than 80 columns.
  package var table: String {
    ([title, classLines] + parts.map(lengthLines) + [featureLines, layoutLines]
      + Finding.Severity.allCases.map(lines))
      .filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }

  private var title: [String] {
    wrapped("\(directory): \(format)", indent: 2)
      + parts.flatMap { part -> [String] in
        let faults = part.faults.values.reduce(0, +)
        let form = part.form.map { " \($0)" } ?? " samples"
        return wrapped(
          "  \(part.name): \(part.samples)\(form)"
            + (faults > 0 ? ", with \(counted(faults, "fault"))" : ""), indent: 4)
      }
  }

  private var classLines: [String] {
    guard !classes.isEmpty else { return [] }
    // All of a few, or else the largest.
    let most = 40
    let shown =
      classes.count <= most
      ? classes : Array(classes.sorted { $0.training > $1.training }.prefix(most))
    let rows =
      [["Class", "training", "share", "test", "share"]]
      + shown.map {
        [
          "  " + $0.name.excerpt(30), "\($0.training)", percentage($0.trainingShare), "\($0.test)",
          percentage($0.testShare),
        ]
      }
    return lines(of: rows)
      + (classes.count > most ? ["  and \(classes.count - most) smaller ones"] : [])
  }

  private func lengthLines(_ part: Part) -> [String] {
    guard let lengths = part.lengths, lengths.smallest < lengths.largest else { return [] }
    let largest = lengths.histogram.map(\.count).max() ?? 1
    let rows = lengths.histogram.map { bin in
      ["  " + (bin.from == bin.to ? "\(bin.from)" : "\(bin.from)-\(bin.to)"), "\(bin.count)"]
    }
    let table = TextTable(fitting: rows)
    return [
      "Time steps of the \(part.name) sequences: \(lengths.smallest) to \(lengths.largest), median "
        + "\(lengths.median)"
    ]
      + zip(rows, lengths.histogram).map { row, bin in
        let width = (40 * bin.count + largest - 1) / largest
        return table.line(row[0], [row[1]], note: String(repeating: "█", count: width))
      }
  }

  // All of a few features, or else those that stand out.
  private var featureLines: [String] {
    let most = 16
    guard !features.isEmpty else { return [] }
    guard features.count > most else { return lines(of: [featureHeadings] + features.map(row)) }
    let deviations = features.map(\.deviation).sorted()
    let means = features.map(\.mean)
    let summary =
      "\(features.count) features: means from \((means.min() ?? 0).shortText) to "
      + "\((means.max() ?? 0).shortText), deviations from \(deviations[0].shortText) to "
      + "\(deviations[deviations.count - 1].shortText), median "
      + deviations[deviations.count / 2].shortText
    let median = deviations[deviations.count / 2]
    let notable = features.filter {
      $0.isConstant || $0.missing > 0 || $0.infinite > 0 || median > 0 && $0.deviation > 10 * median
    }
    let shown = notable.prefix(most)
    return wrapped(summary, indent: 2)
      + (shown.isEmpty ? [] : lines(of: [featureHeadings] + shown.map(row)))
      + (notable.count > shown.count
        ? ["  and \(notable.count - shown.count) more that stand out"] : [])
  }

  private var featureHeadings: [String] {
    ["Feature", "mean", "deviation", "smallest", "largest", "missing"]
  }

  private func row(_ feature: Feature) -> [String] {
    [
      "  \(feature.number)", feature.mean.shortText, feature.deviation.shortText,
      feature.smallest.map { Double($0).shortText } ?? "-",
      feature.largest.map { Double($0).shortText } ?? "-", "\(feature.missing)",
    ]
  }

  private var layoutLines: [String] {
    guard let shards else { return [] }
    let sizes =
      shards.smallest == shards.largest
      ? counted(shards.largest, "sample") + " each"
      : "\(shards.smallest) to \(counted(shards.largest, "sample"))"
    let rows =
      [["Ranks", "training samples of one", "and of one that evaluates"]]
      + memory.map {
        [
          "  \($0.ranks)", Double($0.trainingBytes).bytesInWords,
          Double($0.evaluationBytes).bytesInWords,
        ]
      }
    return ["\(counted(shards.count, "shard")) of \(sizes)"] + lines(of: rows)
  }

  // The findings of one weight.
  private func lines(_ severity: Finding.Severity) -> [String] {
    let findings = findings.filter { $0.severity == severity }
    guard !findings.isEmpty else { return [] }
    let (title, mark) =
      switch severity {
      case .failure: ("A training would fail", "✗")
      case .advice: ("A training would do better", "!")
      case .fine: ("All is well with", "✓")
      }
    return [title]
      + findings.flatMap { finding in
        wrapped("  \(mark) \(finding.subject): \(finding.sentence)", indent: 4)
          + (finding.advice.map { wrapped("    → \($0)", indent: 6) } ?? [])
      }
  }

  private func lines(of rows: [[String]]) -> [String] {
    let table = TextTable(fitting: rows)
    return rows.map { table.line($0[0], Array($0.dropFirst())) }
  }

  private func percentage(_ share: Double) -> String { String(format: "%.2f %%", 100 * share) }
}
