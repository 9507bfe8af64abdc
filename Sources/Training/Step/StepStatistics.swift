import Networks
import Tensors

/// The news of a rank for the others, which travel beside the gradient and reach all in the same
/// step.
package struct StepSignals: Equatable, Sendable {
  /// True if a signal asked for the end of the run.
  package let isInterrupted: Bool
  /// True if rank 0 cannot write what it has to.
  package let cannotWrite: Bool

  package init(isInterrupted: Bool, cannotWrite: Bool = false) {
    (self.isInterrupted, self.cannotWrite) = (isInterrupted, cannotWrite)
  }

  /// Puts the signals behind one of a rank's gradients, before the bucket of the statistics is
  /// started.
  func store(in gradient: ParameterBuffer) {
    gradient.extra.withMutableSpan { span in
      span[1] = isInterrupted ? 1 : 0
      span[2] = cannotWrite ? 1 : 0
    }
  }
}

/// The figures behind the gradient in its buffer, which are summed with it: in the same order, and
/// without a message of their own.
package struct StepStatistics {
  /// The number of floats behind a gradient.
  package static let count = 4

  /// The sum of the cross-entropy over the samples, and that of their weights.
  package let lossSum: Float, weight: Float
  /// The signals of any rank.
  package let signals: StepSignals

  /// Reads the figures behind a gradient of `parameterCount` floats.
  package init(in gradient: Matrix, parameterCount: Int) {
    let values = gradient.columns(parameterCount..<parameterCount + Self.count).elements
    (lossSum, weight) = (values[0], values[3])
    signals = StepSignals(isInterrupted: values[1] > 0, cannotWrite: values[2] > 0)
  }

  /// Puts the loss of a shard behind its gradient, without signals.
  static func store(_ result: ClassificationResult, in gradient: ParameterBuffer) {
    gradient.extra.clear()
    gradient.extra.withMutableSpan { span in
      (span[0], span[3]) = (Float(result.lossSum), Float(result.weight))
    }
  }
}
