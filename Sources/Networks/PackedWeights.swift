import Tensors

/// A classifier's parameters as the products read them, which a step derives once for all
/// minibatches and threads.
///
/// `@unchecked Sendable` holds because `update` runs on one thread before the others read.
package final class PackedWeights: @unchecked Sendable {
  /// The layout of the parameters.
  package let layout: ParameterLayout
  /// The kernels that read the weights.
  package let kernels: Kernels
  private(set) var linear: LinearWeights
  /// Indexed by layer, then by direction.
  private(set) var layers: [[LayerWeights]]

  /// The sizes of the model.
  package var shape: ClassifierShape { layout.shape }

  /// Memory for the forms of a classifier's parameters.
  ///
  /// - Parameters:
  ///   - training: with those for the backward pass.
  ///   - inputGradient: with that for the gradient of the bottom layer's input.
  /// - Throws: `TensorError.outOfMemory`.
  package init(
    _ shape: ClassifierShape, _ kernels: Kernels, training: Bool, inputGradient: Bool = false
  ) throws(TensorError) {
    layout = ParameterLayout(shape)
    self.kernels = kernels
    let zero = try ParameterBuffer(layout)
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

  /// The number of floats that the forms of a classifier's parameters take, with the parameters of
  /// `init`; one `ParameterBuffer` comes on top, until the first `update`.
  package static func floatCount(
    _ shape: ClassifierShape, _ kernels: Kernels, training: Bool
  ) -> Int {
    var count = LinearWeights.transposedSize(shape, training: training)
    for layer in 0..<shape.layers {
      for direction in 0..<shape.directions {
        count += LayerWeights.sizes(
          shape.layerShape(layer, direction: direction), kernels, training: training,
          inputGradient: training && layer > 0
        ).reduce(0, +)
      }
    }
    return count
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

  init(
    _ shape: ClassifierShape, _ parameters: ParameterBuffer, training: Bool
  ) throws(TensorError) {
    (weights, bias) = parameters.linear
    (inputs, units) = (shape.outputColumns, Kernels.units(forOutputs: shape.classes))
    self.training = training
    let size = Self.transposedSize(shape, training: training)
    transposed = Operand(try AlignedBuffer(count: size).matrix(1, size))
  }

  static func transposedSize(_ shape: ClassifierShape, training: Bool) -> Int {
    training
      ? Kernels.float32.transposedSize(
        columns: shape.outputColumns, units: Kernels.units(forOutputs: shape.classes)) : 0
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
  private(set) var packed: RecurrentWeights
  private let shape: LayerShape
  private let layer: Int
  private let kernels: Kernels
  private let training, inputGradient: Bool

  init(
    _ model: ClassifierShape, layer: Int, direction: Int, _ kernels: Kernels,
    _ parameters: ParameterBuffer, training: Bool, inputGradient: Bool
  ) throws(TensorError) {
    shape = model.layerShape(layer, direction: direction)
    (self.layer, self.kernels) = (layer, kernels)
    (self.training, self.inputGradient) = (training, inputGradient)
    let parts = try Workspace(
      Self.sizes(shape, kernels, training: training, inputGradient: inputGradient))
    let layer = parameters.layer(layer, direction: direction)
    packed = RecurrentWeights(
      forward: Operand(kernels.copiesWeights ? parts[1] : layer.weights), bias: parts[0],
      peepholes: layer.peepholes, recurrent: Operand(parts[2]), input: Operand(parts[3]))
  }

  /// The numbers of floats of the parts of the weights' memory.
  static func sizes(
    _ shape: LayerShape, _ kernels: Kernels, training: Bool, inputGradient: Bool
  ) -> [Int] {
    let (gates, inputs, units) = (shape.cell.gates, shape.inputs, shape.units)
    return [
      4 * shape.paddedUnits, kernels.weightsSize(shape.cell, inputs: inputs, units: units),
      training ? kernels.transposedSize(gates: gates, columns: units, units: units) : 0,
      inputGradient ? kernels.transposedSize(gates: gates, columns: inputs, units: units) : 0,
    ]
  }

  mutating func update(from parameters: ParameterBuffer) {
    let layer = parameters.layer(layer, direction: shape.direction)
    let (cell, inputs, units) = (shape.cell, shape.inputs, shape.units)
    packed.bias.setToSum(layer.inputBias, layer.hiddenBias)
    packed.peepholes = layer.peepholes
    if kernels.copiesWeights {
      kernels.packWeights(layer.weights, cell, inputs: inputs, units: units, into: packed.forward)
    } else {
      packed.forward = Operand(layer.weights)
    }
    if training {
      kernels.packTransposed(
        layer.weights, gates: cell.gates, depth: inputs + units, first: inputs, columns: units,
        units: units, into: packed.recurrent)
    }
    if inputGradient {
      kernels.packTransposed(
        layer.weights, gates: cell.gates, depth: inputs + units, first: 0, columns: inputs,
        units: units, into: packed.input)
    }
  }
}
