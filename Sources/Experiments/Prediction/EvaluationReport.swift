import Foundation
import Reports
import Training

/// The figures of a model on test samples.
package struct EvaluationReport: PrintedReport {
  /// The figures of a class.
  package struct ClassFigures: Codable, Equatable {
    package let name: String
    package let samples: Int
    /// From 0 to 1: nil for the recall of a class without samples, for the precision of one that is never
    /// predicted, and for the F1 score of one that is neither.
    package let recall, precision, f1: Double?
  }

  /// The file of the model.
  package let checkpoint: String
  /// The samples in a word.
  package let noun: String
  package let samples, correct: Int
  /// The mean cross-entropy, in nats.
  package let loss: Double
  /// From 0 to 1.
  package let accuracy, balancedAccuracy, macroF1: Double
  /// In the order of the labels.
  package let classes: [ClassFigures]
  /// `[classes][classes]`: a row for the true class, a column for the predicted one.
  package let confusion: [[Int]]

  /// The report on what a model of a checkpoint came to.
  package init(_ predictor: Predictor, _ result: EvaluationResult, checkpoint: String) {
    let confusion = result.confusion
    (self.checkpoint, noun) = (checkpoint, predictor.test.form.noun)
    (samples, correct, loss) = (result.samples, result.correct, result.loss)
    (accuracy, balancedAccuracy) = (result.accuracy, confusion.balancedAccuracy)
    (macroF1, self.confusion) = (confusion.macroF1, confusion.counts)
    let (counts, recalls) = (confusion.samplesOfClasses, confusion.recalls)
    let (precisions, scores) = (confusion.precisions, confusion.f1Scores)
    classes = predictor.classes.enumerated().map { label, name in
      ClassFigures(
        name: name, samples: counts[label], recall: recalls[label], precision: precisions[label],
        f1: scores[label])
    }
  }

  package var table: String {
    let lines = [
      String(format: "Test loss: %.4f", loss),
      String(
        format: "Accuracy of the model on the test \(noun): %.2f %% (%d of %d)", 100 * accuracy,
        correct, samples),
    ]
    let figures = EvaluationTable(
      ConfusionMatrix(counts: confusion), classes: classes.map(\.name))
    return (lines + figures.lines).joined(separator: "\n")
  }
}
