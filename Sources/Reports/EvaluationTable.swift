import Foundation
import Training

/// The figures of an evaluation class by class, as text.
package struct EvaluationTable {
  private let confusion: ConfusionMatrix
  private let classes: [String]

  /// The most classes whose confusion matrix fits a terminal.
  private static let mostColumns = 20

  /// The figures of classes with these names, in the order of the labels.
  package init(_ confusion: ConfusionMatrix, classes: [String]) {
    (self.confusion, self.classes) = (confusion, classes)
  }

  /// The lines: the figures that count each class as much, those of each class, and unless they are
  /// too many the matrix of what samples of each are taken for.
  package var lines: [String] {
    [
      String(
        format: "Balanced accuracy: %.2f %%, macro F1: %.2f %%", 100 * confusion.balancedAccuracy,
        100 * confusion.macroF1), "",
    ] + figures + (classes.count > Self.mostColumns ? [] : [""] + matrix)
  }

  private var figures: [String] {
    func percentage(_ share: Double?) -> String {
      share.map { String(format: "%.2f %%", 100 * $0) } ?? "–"
    }
    let (samples, recalls) = (confusion.samplesOfClasses, confusion.recalls)
    let (precisions, scores) = (confusion.precisions, confusion.f1Scores)
    return lines(
      [
        ["class", "samples", "recall", "precision", "F1"]
      ]
        + classes.indices.map { label in
          [
            classes[label], "\(samples[label])", percentage(recalls[label]),
            percentage(precisions[label]), percentage(scores[label]),
          ]
        })
  }

  private var matrix: [String] {
    lines(
      [
        ["taken for"] + classes.indices.map(String.init)
      ]
        + classes.indices.map { label in
          ["\(label) \(classes[label])"] + confusion.counts[label].map(String.init)
        })
  }

  private func lines(_ rows: [[String]]) -> [String] {
    let table = TextTable(fitting: rows)
    return rows.map { table.line($0[0], Array($0.dropFirst())) }
  }
}

extension ConfusionMatrix {
  /// The figures that say more than the accuracy where some classes have more samples than others;
  /// nothing where all have as many.
  package var balancedFigures: String {
    isBalanced
      ? ""
      : String(
        format: ", balanced accuracy: %.2f %%, macro F1: %.2f %%", 100 * balancedAccuracy,
        100 * macroF1)
  }
}
