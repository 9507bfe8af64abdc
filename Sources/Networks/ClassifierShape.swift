import Tensors

/// The part of the top layer's outputs that the linear layer sees.
package enum Readout: String, Codable, CaseIterable, Sendable {
  /// The outputs of the last time step, as PyTorch's `out[:, -1, :]`: of the backward direction its
  /// first.
  case last
  /// The final state of each direction, as Keras joins them.
  case final
}

/// The sizes of a batch: N sequences of T time steps.
package struct BatchShape: Hashable, Sendable {
  /// N.
  package let rows: Int
  /// T.
  package let steps: Int

  /// A batch of `rows` sequences of `steps` time steps.
  package init(rows: Int, steps: Int) { (self.rows, self.steps) = (rows, steps) }
}

/// The sizes of a classifier: a stack of recurrent layers, in one direction or both, over a
/// sequence of vectors, and a linear layer on the top layer's output.
package struct ClassifierShape: Hashable, Sendable {
  /// The size of the input at one time step, I.
  package let inputSize: Int
  /// The units of a layer in each direction, H.
  package let hiddenSize: Int
  /// The number of recurrent layers.
  package let layers: Int
  /// The number of classes.
  package let classes: Int
  /// The kind of the units.
  package let cell: Cell
  /// True if each layer reads the sequence from its end, too, with other weights.
  package let isBidirectional: Bool
  /// The outputs that the linear layer sees.
  package let readout: Readout

  /// A classifier of sequences of vectors of `inputSize` floats.
  package init(
    inputSize: Int, hiddenSize: Int, layers: Int, classes: Int, cell: Cell = .lstm,
    isBidirectional: Bool = false, readout: Readout = .last
  ) {
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

  /// The time steps that a direction of a layer runs over, in ascending order, of sequences of
  /// `steps`.
  ///
  /// The top layer's backward direction is seen at its first step alone if the readout is `last`.
  package func times(ofLayer layer: Int, direction: Int, steps: Int) -> Range<Int> {
    let isSeenOnce = layer == layers - 1 && direction == 1 && readout == .last
    return (isSeenOnce ? steps - 1 : 0)..<steps
  }

  /// The columns of an output in memory, where each direction begins with a whole vector.
  var outputColumns: Int { (directions - 1) * Kernels.padded(hiddenSize) + hiddenSize }

  /// The columns of layer `layer`'s input in memory.
  func inputColumns(ofLayer layer: Int) -> Int { layer == 0 ? inputSize : outputColumns }

  /// The sizes of a direction of a layer for the kernels.
  func layerShape(_ layer: Int, direction: Int) -> LayerShape {
    LayerShape(
      cell, inputs: inputColumns(ofLayer: layer), units: hiddenSize, direction: direction,
      directions: directions)
  }
}
