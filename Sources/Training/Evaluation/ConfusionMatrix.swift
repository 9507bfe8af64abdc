import Tensors

/// Counts how often samples of each class are taken for each.
package struct ConfusionMatrix: Codable, Equatable, Sendable {
  /// `[classes][classes]`: a row for the true class, a column for the predicted one.
  package private(set) var counts: [[Int]]

  /// A matrix without samples.
  package init(classes: Int) {
    counts = Array(repeating: Array(repeating: 0, count: classes), count: classes)
  }

  /// A matrix of known counts, as many rows as columns.
  package init(counts: [[Int]]) {
    precondition(counts.allSatisfy { $0.count == counts.count }, "a matrix that is not square")
    self.counts = counts
  }

  /// The number of samples.
  package var samples: Int { counts.joined().reduce(0, +) }

  /// The number of samples that are taken for the class that they have.
  package var correct: Int { counts.indices.reduce(0) { $0 + counts[$1][$1] } }

  /// The share of samples that are taken for the class that they have, from 0 to 1; 0 of none.
  package var accuracy: Double { Double(correct) / Double(max(samples, 1)) }

  /// True if all classes have as many samples: then the accuracy is the balanced one, too.
  package var isBalanced: Bool { Set(samplesOfClasses).count <= 1 }

  /// The number of samples of each class.
  package var samplesOfClasses: [Int] { counts.map { $0.reduce(0, +) } }

  /// The share of each class's samples that are taken for it, from 0 to 1; nil where the class has
  /// no sample.
  package var recalls: [Double?] {
    counts.indices.map { Self.ratio(counts[$0][$0], to: counts[$0].reduce(0, +)) }
  }

  /// The share of the samples that are taken for each class which have it; nil where none is.
  package var precisions: [Double?] {
    counts.indices.map { label in
      Self.ratio(counts[label][label], to: counts.reduce(0) { $0 + $1[label] })
    }
  }

  /// The F1 score of each class, the harmonic mean of recall and precision; nil where no sample has
  /// the class or is taken for it.
  package var f1Scores: [Double?] {
    counts.indices.map { label in
      let predicted = counts.reduce(0) { $0 + $1[label] }
      return Self.ratio(2 * counts[label][label], to: counts[label].reduce(0, +) + predicted)
    }
  }

  /// The mean of the recalls, as scikit-learn's `balanced_accuracy_score`.
  package var balancedAccuracy: Double { Self.mean(recalls) }

  /// The mean of the F1 scores, as scikit-learn's `f1_score` with `average="macro"`.
  package var macroF1: Double { Self.mean(f1Scores) }

  private static func ratio(_ part: Int, to whole: Int) -> Double? {
    whole == 0 ? nil : Double(part) / Double(whole)
  }

  /// The mean of those that are there; 0 of none.
  private static func mean(_ values: [Double?]) -> Double {
    let known = values.compactMap(\.self)
    return known.reduce(0, +) / Double(max(known.count, 1))
  }

  /// Adds samples with `logits` `[N, classes]` and `labels` `[N]`. Of equal logits the first
  /// counts, as in the accuracy.
  package mutating func add(logits: Matrix, labels: Span<Int32>) {
    logits.withSpan { logits in
      let classes = counts.count
      for row in labels.indices {
        var largest = 0
        for column in 1..<classes
        where logits[row * classes + column] > logits[row * classes + largest] {
          largest = column
        }
        add(label: Int(labels[row]), predicted: largest)
      }
    }
  }

  /// Adds a sample of one class that is taken for another, or the same.
  package mutating func add(label: Int, predicted: Int) { counts[label][predicted] += 1 }

  /// The counts of the samples of both.
  package static func + (a: Self, b: Self) -> Self {
    Self(counts: zip(a.counts, b.counts).map { zip($0, $1).map(+) })
  }
}
