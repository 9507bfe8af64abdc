import Tensors

/// What the linear layer sees of the top layer's outputs.
package enum Readout: String, Codable, CaseIterable, Sendable {
  /// Those of the last time step, as PyTorch's `out[:, -1, :]`: of the backward direction its first.
  case last
  /// The final state of each direction, as Keras joins them.
  case final
}

/// The model: a stack of recurrent layers, in one direction or both, over a sequence of vectors, and a
/// linear layer on the top layer's output.
package struct ClassifierShape: Hashable, Sendable {
  /// The length of a sequence, T.
  package let steps: Int
  /// The size of the input at one time step, I.
  package let inputSize: Int
  /// The units of a layer in each direction, H.
  package let hiddenSize: Int
  /// The number of recurrent layers.
  package let layers: Int
  /// The number of classes.
  package let classes: Int
  /// What the layers are made of.
  package let cell: Cell
  /// Whether each layer reads the sequence from its end, too, with other weights.
  package let isBidirectional: Bool
  /// What the linear layer sees.
  package let readout: Readout

  /// A classifier of sequences of `steps` vectors of `inputSize` floats.
  package init(
    steps: Int, inputSize: Int, hiddenSize: Int, layers: Int, classes: Int, cell: Cell = .lstm,
    isBidirectional: Bool = false, readout: Readout = .last
  ) {
    self.steps = steps
    self.inputSize = inputSize
    self.hiddenSize = hiddenSize
    self.layers = layers
    self.classes = classes
    self.cell = cell
    self.isBidirectional = isBidirectional
    self.readout = readout
  }

  /// D, 1 or 2.
  package var directions: Int { isBidirectional ? 2 : 1 }

  /// The size of a layer's output at one time step, D H.
  package var outputSize: Int { directions * hiddenSize }

  /// The size of layer `layer`'s input at one time step.
  package func inputSize(ofLayer layer: Int) -> Int { layer == 0 ? inputSize : outputSize }

  /// The time steps that a direction of a layer runs over, in ascending order. Of the top layer's backward
  /// direction only the first step is seen if the readout is `last`.
  package func times(ofLayer layer: Int, direction: Int) -> Range<Int> {
    let isSeenOnce = layer == layers - 1 && direction == 1 && readout == .last
    return (isSeenOnce ? steps - 1 : 0)..<steps
  }

  /// The columns of an output in memory, where each direction begins with a whole vector.
  var outputColumns: Int { (directions - 1) * Kernels.padded(hiddenSize) + hiddenSize }

  /// The columns of layer `layer`'s input in memory.
  func inputColumns(ofLayer layer: Int) -> Int { layer == 0 ? inputSize : outputColumns }
}
