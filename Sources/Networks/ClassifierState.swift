import Tensors

/// The state of a classifier's recurrent layers between two parts of a sequence: for each layer, of
/// each of its directions.
///
/// A direction's initial state precedes the first time step that it runs over, and its final state
/// follows the last. For the forward direction these are the first and the last step of the
/// sequence, so that the final state of one part is the initial state of the next. The backward
/// direction runs from the end: its initial state stands behind the last time step and would come
/// from the *next* part, and its final state stands before the first one. Where it runs over the
/// last step alone (the top layer with the readout `last`), its final state follows that step.
package struct ClassifierState: Sendable {
  /// Indexed by layer, then by direction.
  package let layers: [[RecurrentState]]

  init(layers: [[RecurrentState]]) { self.layers = layers }

  /// A state of zeros of `rows` sequences, in memory of its own.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  package init(_ shape: ClassifierShape, _ kernels: Kernels, rows: Int) throws(TensorError) {
    let padded = Kernels.padded(shape.hiddenSize)
    let sizes = [
      kernels.operandSize(rows: rows, columns: shape.directions * padded), rows * padded,
    ]
    layers = try shape.mapDirections { () throws(TensorError) in
      let parts = try Workspace(sizes)
      return RecurrentState(hidden: Operand(parts[0]), cellState: parts[1])
    }
  }

  /// Sets this state, in memory of its own, to another of the same sizes, such as the final state
  /// of a classifier, which the next minibatch overwrites.
  package func copy(from other: ClassifierState) {
    for (mine, its) in zip(layers.joined(), other.layers.joined()) {
      mine.hidden.copy(from: its.hidden)
      mine.cellState.copy(from: its.cellState)
    }
  }
}

/// The gradient of one direction's state.
package struct RecurrentStateGradient: Sendable {
  /// `[⌈H/V⌉][N][V]`: the gradient of the hidden state as the products read it.
  package let hidden: Matrix
  /// `[⌈H/V⌉][N][V]`: the gradient of the cell state; of a GRU, that of the hidden state as the
  /// cell reads it, so that the two together are the gradient of the hidden state.
  package let cellState: Matrix
}

/// The gradient of a `ClassifierState`.
package struct ClassifierStateGradient: Sendable {
  /// Indexed by layer, then by direction.
  package let layers: [[RecurrentStateGradient]]

  /// A gradient of zeros of the state of `rows` sequences.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  package init(_ shape: ClassifierShape, rows: Int) throws(TensorError) {
    let size = rows * Kernels.padded(shape.hiddenSize)
    layers = try shape.mapDirections { () throws(TensorError) in
      let parts = try Workspace([size, size])
      return RecurrentStateGradient(hidden: parts[0], cellState: parts[1])
    }
  }
}

extension ClassifierShape {
  /// Makes something for each direction of each layer.
  fileprivate func mapDirections<Part>(
    _ make: () throws(TensorError) -> Part
  ) throws(TensorError) -> [[Part]] {
    var parts: [[Part]] = []
    for _ in 0..<layers {
      var directions: [Part] = []
      for _ in 0..<self.directions { directions.append(try make()) }
      parts.append(directions)
    }
    return parts
  }
}
