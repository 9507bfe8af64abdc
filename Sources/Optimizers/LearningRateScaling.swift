/// The learning rate of one batch from that of another, of which it is a multiple.
package enum LearningRateScaling: String, Codable, Sendable, CaseIterable {
  /// The same.
  case none
  /// As many times that of the other (Goyal et al., "Accurate, Large Minibatch SGD", 2017).
  case linear
  /// The square root as many times, which keeps the variance of a sum of gradients (Krizhevsky, "One
  /// weird trick for parallelizing convolutional neural networks", 2014; LEGW).
  case squareRoot = "square-root"

  /// The factor of the learning rate for a batch that is `multiple` times the one that it suits.
  package func factor(_ multiple: Double) -> Double {
    switch self {
    case .none: 1
    case .linear: multiple
    case .squareRoot: multiple.squareRoot()
    }
  }
}
