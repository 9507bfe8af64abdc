import Tensors

/// A classifier's parameters as the products read them: what a step derives from them once, for all
/// minibatches and threads.
package final class PackedWeights: @unchecked Sendable {
  /// The sizes of the model.
  package let shape: ClassifierShape
  /// What the products run on.
  package let kernels: Kernels
  private(set) var linear: LinearWeights
  /// Of each layer, of each of its directions.
  private(set) var layers: [[LayerWeights]]

  /// Memory for the forms of a classifier's parameters.
  ///
  /// - Parameters:
  ///   - training: with those for the backward pass.
  ///   - inputGradient: with that for the gradient of the bottom layer's input.
  /// - Throws: `TensorError`.
  package init(
    _ shape: ClassifierShape, _ kernels: Kernels, training: Bool, inputGradient: Bool = false
  ) throws(TensorError) {
    self.shape = shape
    self.kernels = kernels
    let zero = try ParameterBuffer(ParameterLayout(shape))
    linear = try LinearWeights(shape, zero, training: training)
    var layers: [[LayerWeights]] = []
    for layer in 0..<shape.layers {
      var directions: [LayerWeights] = []
      for direction in 0..<shape.directions {
        directions.append(
          try LayerWeights(
            shape, layer: layer, direction: direction, kernels, zero, training: training,
            inputGradient: training && (layer > 0 || inputGradient)))
      }
      layers.append(directions)
    }
    self.layers = layers
  }

  /// Takes the present values of the parameters.
  package func update(from parameters: ParameterBuffer) {
    linear.update(from: parameters)
    for layer in layers.indices {
      for direction in layers[layer].indices { layers[layer][direction].update(from: parameters) }
    }
  }
}

/// The linear layer's weights, which are multiplied as floats with any precision.
struct LinearWeights {
  /// `[⌈C/4V⌉][D H][4V]`.
  private(set) var weights: Matrix
  /// `[⌈C/4V⌉][4V]`.
  private(set) var bias: Matrix
  /// The weights transposed, for the gradient of the input.
  let transposed: Operand
  private let inputs, units: Int
  private let training: Bool

  init(_ shape: ClassifierShape, _ parameters: ParameterBuffer, training: Bool) throws(TensorError)
  {
    (weights, bias) = parameters.linear
    (inputs, units) = (shape.outputColumns, Kernels.units(forOutputs: shape.classes))
    self.training = training
    let size = training ? Kernels.float32.transposedSize(columns: inputs, units: units) : 0
    transposed = Operand(try AlignedBuffer(count: size).matrix(1, size))
  }

  mutating func update(from parameters: ParameterBuffer) {
    (weights, bias) = parameters.linear
    guard training else { return }
    Kernels.float32.packTransposed(
      weights, depth: inputs, first: 0, columns: inputs, units: units, into: transposed)
  }
}

/// The weights of one direction of a recurrent layer.
struct LayerWeights {
  /// W and U as the forward products read them.
  private(set) var forward: Operand
  /// `b_ih + b_hh`.
  let bias: Matrix
  /// Those of the parameters themselves.
  private(set) var peepholes: Matrix
  /// U transposed.
  let recurrent: Operand
  /// W transposed.
  let input: Operand
  private let cell: Cell
  private let layer, direction, inputs, units: Int
  private let kernels: Kernels
  private let training, inputGradient: Bool

  init(
    _ shape: ClassifierShape, layer: Int, direction: Int, _ kernels: Kernels,
    _ parameters: ParameterBuffer,
    training: Bool, inputGradient: Bool
  ) throws(TensorError) {
    (cell, self.layer, self.direction, self.kernels) = (shape.cell, layer, direction, kernels)
    (self.training, self.inputGradient) = (training, inputGradient)
    (inputs, units) = (shape.inputColumns(ofLayer: layer), shape.hiddenSize)
    let gates = cell.gates
    let sizes = [
      4 * Kernels.padded(units), kernels.weightsSize(cell, inputs: inputs, units: units),
      training ? kernels.transposedSize(gates: gates, columns: units, units: units) : 0,
      inputGradient ? kernels.transposedSize(gates: gates, columns: inputs, units: units) : 0,
    ]
    let parts = try Workspace(sizes)
    let layer = parameters.layer(layer, direction: direction)
    (bias, peepholes) = (parts[0], layer.peepholes)
    forward = Operand(kernels.copiesWeights ? parts[1] : layer.weights)
    (recurrent, input) = (Operand(parts[2]), Operand(parts[3]))
  }

  mutating func update(from parameters: ParameterBuffer) {
    let layer = parameters.layer(layer, direction: direction)
    let weights = layer.weights
    bias.setToSum(layer.inputBias, layer.hiddenBias)
    peepholes = layer.peepholes
    if kernels.copiesWeights {
      kernels.packWeights(weights, cell, inputs: inputs, units: units, into: forward)
    } else {
      forward = Operand(weights)
    }
    let depth = inputs + units
    if training {
      kernels.packTransposed(
        weights, gates: cell.gates, depth: depth, first: inputs, columns: units, units: units,
        into: recurrent)
    }
    if inputGradient {
      kernels.packTransposed(
        weights, gates: cell.gates, depth: depth, first: 0, columns: inputs, units: units,
        into: input)
    }
  }
}
