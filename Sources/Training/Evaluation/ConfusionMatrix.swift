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

  /// The share of each class's samples that are taken for it, from 0 to 1; nil where the class has
  /// no sample.
  package var recalls: [Double?] {
    counts.indices.map { label in
      let samples = counts[label].reduce(0, +)
      return samples == 0 ? nil : Double(counts[label][label]) / Double(samples)
    }
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
        counts[Int(labels[row])][largest] += 1
      }
    }
  }

  /// The counts of the samples of both.
  package static func + (a: Self, b: Self) -> Self {
    Self(counts: zip(a.counts, b.counts).map { zip($0, $1).map(+) })
  }
}
