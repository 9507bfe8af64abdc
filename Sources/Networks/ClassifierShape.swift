import Tensors

/// The part of the top layer's outputs that the linear layer sees.
package enum Readout: String, Codable, CaseIterable, Sendable {
  /// The outputs of a sequence's last time step, as PyTorch's `out[:, -1, :]`: of the backward
  /// direction its first.
  case last
  /// The final state of each direction, as Keras joins them.
  case final
  /// The mean of the outputs of all time steps of a sequence.
  case mean
  /// The largest output of each unit over all time steps of a sequence.
  case max

  /// True if the outputs of all time steps count.
  package var pools: Bool { self == .mean || self == .max }
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

  /// True if a direction of a layer runs over the last time step of each sequence alone: the top
  /// layer's backward direction if the readout is `last`, which sees no other step of it.
  package func runsOnce(layer: Int, direction: Int) -> Bool {
    layer == layers - 1 && direction == 1 && readout == .last
  }

  /// The layers that go through time together, from the bottom up: all where they have one direction,
  /// each alone where it has two, for it begins with the outputs of all time steps of the one below.
  package var stages: [Range<Int>] {
    isBidirectional ? (0..<layers).map { $0..<$0 + 1 } : [0..<layers]
  }

  /// A minibatch as a direction of a layer sees it: of one time step where it runs once.
  func batch(_ batch: BatchShape, layer: Int, direction: Int) -> BatchShape {
    runsOnce(layer: layer, direction: direction) ? BatchShape(rows: batch.rows, steps: 1) : batch
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
