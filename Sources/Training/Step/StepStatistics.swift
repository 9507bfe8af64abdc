import Networks
import Tensors

/// What a step reports, behind the gradient in its buffer, so that it is summed with it: in the same
/// order, and without a message of its own.
package struct StepStatistics {
  package static let count = 3

  /// The sum of the cross-entropy over the samples.
  package let lossSum: Float
  /// Whether a signal asked any rank to end the run.
  package let isInterrupted: Bool
  /// Whether rank 0 cannot write what it has to.
  package let cannotWrite: Bool

  /// Those behind a gradient of `parameterCount` floats.
  package init(in gradient: Matrix, parameterCount: Int) {
    let values = gradient.columns(parameterCount..<parameterCount + Self.count).elements
    (lossSum, isInterrupted, cannotWrite) = (values[0], values[1] > 0, values[2] > 0)
  }

  /// Puts the loss of a shard behind its gradient.
  package static func store(_ result: ClassificationResult, in gradient: ParameterBuffer) {
    gradient.extra.clear()
    gradient.extra.withMutableSpan { $0[0] = Float(result.lossSum) }
  }

  /// Puts what a rank has to say behind one of its gradients.
  package static func mark(_ gradient: ParameterBuffer, isInterrupted: Bool, cannotWrite: Bool) {
    gradient.extra.withMutableSpan { span in
      span[1] = isInterrupted ? 1 : 0
      span[2] = cannotWrite ? 1 : 0
    }
  }
}
