/// The loss on some samples, and the classes that they are taken for.
package struct EvaluationResult: Equatable, Sendable {
  /// The sum over the samples of the cross-entropy, in nats.
  package let lossSum: Double
  /// How often samples of each class are taken for each.
  package let confusion: ConfusionMatrix

  /// The most confident of those that are not right.
  package let mistakes: WorstMistakes

  package init(
    lossSum: Double, confusion: ConfusionMatrix, mistakes: WorstMistakes = WorstMistakes()
  ) {
    (self.lossSum, self.confusion, self.mistakes) = (lossSum, confusion, mistakes)
  }

  /// The number of samples.
  package var samples: Int { confusion.samples }
  /// The number of samples that are taken for the class that they have.
  package var correct: Int { confusion.correct }
  /// The mean cross-entropy, in nats.
  package var loss: Double { lossSum / Double(samples) }
  /// The share of correct samples, from 0 to 1.
  package var accuracy: Double { confusion.accuracy }
}
