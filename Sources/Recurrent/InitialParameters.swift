import Tensors

extension Arena {
  /// Draws every parameter as PyTorch initialises it: uniformly from -bound to bound, where the bound
  /// is 1/√H for an LSTM and 1/√fan_in for a linear layer (`nn.LSTM` and `nn.Linear`,
  /// `reset_parameters`).
  ///
  /// Each element is a function of the seed, its parameter's place in the layout, and its own place.
  public func initialize(seed: UInt64) {
    for (index, entry) in layout.entries.enumerated() {
      let stream = CounterStream(seed: seed, purpose: .initialParameters, first: index)
      buffer.withMutableSpan { span in
        entry.forEachPlace { element, place in
          span[place] = (2 * stream.uniform(at: UInt64(element)) - 1) * entry.initialBound
        }
      }
    }
  }
}
