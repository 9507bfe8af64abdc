/// The agreement of the probability that a classifier gives to the class it predicts with its accuracy.
///
/// Source: C. Guo et al., On Calibration of Modern Neural Networks, 2017.
package struct Calibration: Equatable, Sendable {
  /// The samples whose probability is in one stretch of 0 to 1.
  package struct Bin: Equatable, Sendable {
    package fileprivate(set) var count = 0
    fileprivate var probabilitySum = 0.0
    fileprivate var correct = 0

    /// The mean of the probabilities, and the share of the samples that are right; 0 without any.
    package var probability: Double { probabilitySum / Double(max(count, 1)) }
    package var accuracy: Double { Double(correct) / Double(max(count, 1)) }
  }

  /// The bins, of equal width.
  package private(set) var bins = Array(repeating: Bin(), count: 10)

  package init() {}

  /// Counts a sample; one whose probability is no number from 0 to 1 is left out.
  package mutating func add(probability: Double, isCorrect: Bool) {
    guard 0...1 ~= probability else { return }
    let bin = min(Int(probability * Double(bins.count)), bins.count - 1)
    bins[bin].count += 1
    bins[bin].probabilitySum += probability
    bins[bin].correct += isCorrect ? 1 : 0
  }

  /// The mean over the samples of the distance between the two in their bins: the expected
  /// calibration error, from 0 to 1.
  package var error: Double {
    let count = bins.reduce(0) { $0 + $1.count }
    return bins.reduce(0) { $0 + Double($1.count) * abs($1.accuracy - $1.probability) }
      / Double(max(count, 1))
  }
}
