import Tensors

extension Configuration {
  /// Whether a run has an average of its parameters.
  var averages: Bool { averaging.decay > 0 }
}

extension Matrix {
  /// Moves each element x of this row by `part` of the way to the element y of `other`:
  /// x + part · (y − x), as `torch.lerp`.
  ///
  /// A product and a sum, each rounded: the same bits on every instruction set.
  package func approach(_ other: Matrix, by part: Float) {
    precondition(other.count == count, "shapes of an average do not fit")
    other.withSpan { other in
      withMutableSpan { span in
        for index in span.indices { span[index] += part * (other[index] - span[index]) }
      }
    }
  }
}
