import Tensors

/// The exponential moving average of the parameters over the steps
/// (`torch.optim.swa_utils.AveragedModel` with `get_ema_multi_avg_fn`).
package struct ExponentialMovingAverage: Sendable {
  private let decay: Double

  /// An average of which the part `decay` stays at each step.
  package init(decay: Double) { self.decay = decay }

  /// Takes the parameters after step `number`, counted from 1, into the average; both are `[1, n]`.
  package func update(_ average: Matrix, with parameters: Matrix, number: Int) {
    // The initial parameters do not count.
    if number == 1 { return average.copy(from: parameters) }
    average.approach(parameters, by: Float(1 - decay))
  }
}

extension Matrix {
  /// Moves each element x of this row by `part` of the way to the element y of `other`:
  /// x + part · (y − x), as `torch.lerp`.
  ///
  /// A product and a sum, each rounded: the same bits on every instruction set.
  func approach(_ other: Matrix, by part: Float) {
    precondition(other.count == count, "shapes of an average do not fit")
    other.withSpan { other in
      withMutableSpan { span in
        for index in span.indices { span[index] += part * (other[index] - span[index]) }
      }
    }
  }
}
