import CKernels

/// The loss and the accuracy on some samples, as sums, so that results of several parts add up.
package struct ClassificationResult: Equatable, Sendable {
  /// The sum over the samples of the cross-entropy, in nats.
  package var lossSum: Double
  /// The samples whose largest logit is that of their label.
  package var correct: Int
  /// The number of samples.
  package var samples: Int
  /// The sum of their weights: their number, where classes have none.
  package var weight: Double

  /// The result on `samples` samples, of none if left out, of the weight 1 unless given.
  package init(lossSum: Double = 0, correct: Int = 0, samples: Int = 0, weight: Double? = nil) {
    self.lossSum = lossSum
    self.correct = correct
    self.samples = samples
    self.weight = weight ?? Double(samples)
  }

  /// The mean cross-entropy, weighted, in nats.
  package var loss: Double { lossSum / weight }
  /// The share of correct samples, from 0 to 1.
  package var accuracy: Double { Double(correct) / Double(samples) }

  /// The result on the samples of both.
  package static func + (a: Self, b: Self) -> Self {
    Self(
      lossSum: a.lossSum + b.lossSum, correct: a.correct + b.correct,
      samples: a.samples + b.samples, weight: a.weight + b.weight)
  }
}

/// The label of what is mixed into a sample (mixup).
package struct MixedLabel: Equatable, Sendable {
  /// The class number.
  package let label: Int32
  /// Its share in the weight of both labels, from 0 to 1; the sample's own has the rest.
  package let share: Float

  /// A label with its share.
  package init(label: Int32, share: Float) {
    self.label = label
    self.share = share
  }
}

/// Computes softmax and cross-entropy of `logits` `[N, classes]` against `labels` `[N]`, as
/// PyTorch's `CrossEntropyLoss`, and the gradient.
///
/// - Parameters:
///   - labels: class numbers from 0 to classes - 1.
///   - mixed: for each sample the label that is mixed into its own, as PyTorch's targets that are
///     probabilities; empty where none is.
///   - classWeights: `[classes]`: PyTorch's `weight`, by which the loss is a mean; empty where each
///     is 1. A sample's weight is that of its label, or where another is mixed into it the mean of
///     both by their shares (PyTorch divides by the number of samples there).
///   - smoothing: the part of a label's weight that is spread evenly over all classes, from 0 to 1:
///     PyTorch's `label_smoothing`.
///   - gradient: `[N, classes]`, out, unless nil: `scale * (softmax - weights)`, where the weights
///     are the labels, mixed and then smoothed: `onehot` if neither. With class weights they are
///     multiplied by those, and softmax by their sum.
///   - scale: one over the number of samples that the loss is the mean of, or over their weight.
package func softmaxCrossEntropy(
  _ logits: Matrix, labels: Span<Int32>, mixed: [MixedLabel] = [], classWeights: [Float] = [],
  smoothing: Double = 0, gradient: Matrix? = nil, scale: Float = 1
) -> ClassificationResult {
  let classes = 0..<Int32(clamping: logits.columns)
  precondition(
    labels.count == logits.rows && gradient?.hasShape(of: logits) ?? true
      && labels.indices.allSatisfy { classes.contains(labels[$0]) },
    "labels do not fit the logits")
  precondition(
    mixed.isEmpty
      || mixed.count == labels.count && mixed.allSatisfy { classes.contains($0.label) },
    "mixed labels do not fit the logits")
  precondition(
    classWeights.isEmpty || classWeights.count == logits.columns, "a weight for each class")
  var (lossSum, weight) = (0.0, 0.0)
  var correct: Int64 = 0
  let others = mixed.map { lockstep_mixed_label(label: $0.label, share: $0.share) }
  labels.withUnsafeBufferPointer {
    lockstep_softmax_cross_entropy(
      logits.rows, logits.columns, logits.pointer, $0.baseAddress,
      others.isEmpty ? nil : others, classWeights.isEmpty ? nil : classWeights, smoothing, scale,
      gradient?.pointer, &lossSum, &weight, &correct)
  }
  return ClassificationResult(
    lossSum: lossSum, correct: Int(correct), samples: logits.rows,
    weight: classWeights.isEmpty ? nil : weight)
}
