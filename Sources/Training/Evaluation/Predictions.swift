import Tensors

/// The classes that some samples are taken for.
package struct Predictions: Equatable, Sendable {
  /// The number of classes, C.
  package let classes: Int
  /// `[N]`: the class of the largest logit; of equal ones the first, as in the accuracy.
  package private(set) var predicted: [Int32]
  /// `[N, C]`: the softmax of the logits, from 0 to 1; not a number where a logit is not finite.
  package private(set) var probabilities: [Float]

  /// The number of samples.
  package var count: Int { predicted.count }

  /// Predictions of no samples.
  package init(classes: Int) {
    (self.classes, predicted, probabilities) = (classes, [], [])
  }

  /// Predictions that other ranks made, of which each has as many probabilities as there are classes.
  package init(classes: Int, predicted: [Int32], probabilities: [Float]) {
    precondition(probabilities.count == predicted.count * classes, "not a probability a class")
    (self.classes, self.predicted, self.probabilities) = (classes, predicted, probabilities)
  }

  /// The predictions by `logits` `[N, C]`, computed with 64 bits and then rounded, as
  /// `torch.softmax(logits.double(), 1).float()`.
  ///
  /// - Parameter order: for each row the number of its sample; nil where it is the same.
  init(logits: Matrix, order: [UInt32]?) {
    let (count, classes) = (logits.rows, logits.columns)
    var predicted = [Int32](repeating: 0, count: count)
    var probabilities = [Float](repeating: 0, count: count * classes)
    logits.withSpan { logits in
      for row in 0..<count {
        let sample = order.map { Int($0[row]) } ?? row
        var largest = 0
        for column in 1..<classes
        where logits[row * classes + column] > logits[row * classes + largest] {
          largest = column
        }
        predicted[sample] = Int32(largest)
        let maximum = Double(logits[row * classes + largest])
        let weights = (0..<classes).map {
          Elementary.exp(Double(logits[row * classes + $0]) - maximum)
        }
        let sum = weights.reduce(0, +)
        for (column, weight) in weights.enumerated() {
          probabilities[sample * classes + column] = Float(weight / sum)
        }
      }
    }
    (self.classes, self.predicted, self.probabilities) = (classes, predicted, probabilities)
  }

  /// The class that a sample is taken for, and the probabilities of all classes.
  package subscript(sample: Int) -> (predicted: Int, probabilities: ArraySlice<Float>) {
    (Int(predicted[sample]), probabilities[sample * classes..<(sample + 1) * classes])
  }

  /// Adds the predictions of other samples behind these.
  package static func += (all: inout Self, more: Self) {
    precondition(all.classes == more.classes, "predictions of other classes")
    all.predicted += more.predicted
    all.probabilities += more.probabilities
  }
}
