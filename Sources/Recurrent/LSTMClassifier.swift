import Tensors

/// A stack of LSTM layers and a linear layer on the top layer's last time step, with the memory for
/// one minibatch of up to N rows: what computes the losses and gradients of a shard's slice.
///
/// The parameters stay outside, so that many share them. One thread at a time may use a classifier.
public final class LSTMClassifier {
  /// The sizes of the model.
  public let shape: ClassifierShape
  /// The most rows of a minibatch.
  public let maximumRows: Int
  /// What the products run on.
  public let kernels: Kernels
  private let layers: [LSTMLayer]
  private let input: Matrix  // [T, N, I]
  private let packedInput: Matrix  // T operands [N, I]
  private let logits: Matrix  // [N, C]
  private let logitsGradient: Matrix  // [N, C]
  private let packedGradient: Matrix  // gradient operand [N, C]
  /// The rows of the present minibatch.
  private var rows = 0

  /// Allocates for minibatches of up to `maximumRows` rows; with the memory for gradients only if
  /// `training`.
  ///
  /// - Throws: `TensorError`.
  public init(
    _ shape: ClassifierShape, _ kernels: Kernels, maximumRows: Int, training: Bool
  ) throws(TensorError) {
    (self.shape, self.kernels, self.maximumRows) = (shape, kernels, maximumRows)
    var layers: [LSTMLayer] = []
    for layer in 0..<shape.layers {
      layers.append(
        try LSTMLayer(
          shape, layer: layer, kernels, maximumRows: maximumRows, training: training))
    }
    self.layers = layers
    let parts = try BufferParts([
      shape.steps * maximumRows * shape.inputSize,
      shape.steps * kernels.operandSize(rows: maximumRows, columns: shape.inputSize),
      maximumRows * shape.classes, training ? maximumRows * shape.classes : 0,
      training
        ? Kernels.float32.gradientSize(
          rows: maximumRows, units: Kernels.units(forOutputs: shape.classes)) : 0,
    ])
    (input, packedInput) = (parts[0], parts[1])
    (logits, logitsGradient, packedGradient) = (parts[2], parts[3], parts[4])
  }

  /// The place for a minibatch of `n` rows, time-major: `[T * n, I]`.
  public func input(rows n: Int) -> Matrix {
    precondition(n <= maximumRows, "more rows than the classifier has memory for")
    return input.reshaped(shape.steps * n, shape.inputSize)
  }

  /// The logits `[n, C]` of the minibatch in `input(rows: n)`.
  public func forward(_ weights: ClassifierWeights, rows n: Int) -> Matrix {
    rows = n
    let input = input(rows: n)
    let packed = bottomInput
    for t in 0..<shape.steps {
      kernels.pack(input.rows(t * n..<(t + 1) * n), into: packed[t])
    }
    for (index, layer) in layers.enumerated() {
      layer.forward(inputOfLayer(index), rows: n, weights.layers[index])
    }
    let logits = logits.reshaped(n, shape.classes)
    Kernels.float32.linearForward(
      inputs: shape.hiddenSize, x: top.lastOutput(rows: n), weights: weights.linear.weights,
      bias: weights.linear.bias, into: logits)
    return logits
  }

  /// The loss on the minibatch in `input(rows: labels.count)`, with the labels smoothed as in
  /// `softmaxCrossEntropy`.
  ///
  /// What follows for the gradients of `scale` times its sum over the rows is `linearGradients`, and
  /// then for each layer from the top down `backwardThroughTime`, and after it `weightGradients` and, but for
  /// the bottom layer, `inputGradient`.
  public func loss(
    _ weights: ClassifierWeights, labels: Span<Int32>, smoothing: Double = 0, scale: Float
  ) -> ClassificationResult {
    softmaxCrossEntropy(
      forward(weights, rows: labels.count), labels: labels, smoothing: smoothing,
      gradient: logitsGradient.reshaped(labels.count, shape.classes), scale: scale)
  }

  /// The gradients of the linear layer, and that of the top layer's output.
  ///
  /// - Parameter logitsGradient: `[n, C]`; if nil, that of `loss`.
  public func linearGradients(
    _ weights: ClassifierWeights, logitsGradient: Matrix? = nil, into gradients: Arena
  ) {
    let d = logitsGradient ?? self.logitsGradient.reshaped(rows, shape.classes)
    let (kernels, units) = (Kernels.float32, Kernels.units(forOutputs: shape.classes))
    let packed = Operand(packedGradient)
    kernels.packLinearGradient(d, into: packed)
    let (weightGradient, biasGradient) = gradients.linear
    kernels.weightGradient(
      rows: rows, inputs: shape.hiddenSize, units: units,
      x: OperandSequence(top.lastOutput(rows: rows)),
      gradients: OperandSequence(packed), blocks: 0..<Kernels.padded(units) / Kernels.laneCount,
      weights: weightGradient, depth: shape.hiddenSize, first: 0)
    biasGradient.columns(0..<shape.classes).setToColumnSums(of: d)
    kernels.dataGradient(
      rows: rows, columns: shape.hiddenSize, units: units, gradients: packed,
      transposed: weights.linear.transposed,
      into: top.outputGradient(at: shape.steps - 1, rows: rows))
  }

  /// Backpropagation through time in one layer, with the gradients of its biases.
  public func backwardThroughTime(
    layer: Int, _ weights: ClassifierWeights, into gradients: Arena
  ) {
    let (_, inputBias, hiddenBias) = gradients.layer(layer, units: shape.hiddenSize)
    layers[layer].backwardThroughTime(
      rows: rows, weights.layers[layer], hasGradientAtEveryStep: layer < layers.count - 1,
      biasGradient: inputBias)
    hiddenBias.copy(from: inputBias)
  }

  /// The gradients of a layer's weights for some blocks of its units.
  public func weightGradients(layer: Int, blocks: Range<Int>, into gradients: Arena) {
    layers[layer].weightGradients(
      inputOfLayer(layer), rows: rows, blocks: blocks,
      into: gradients.layer(layer, units: shape.hiddenSize).weights)
  }

  /// The gradient of a layer's input, as that of the output of the layer below.
  public func inputGradient(layer: Int, _ weights: ClassifierWeights) {
    for t in 0..<shape.steps {
      layers[layer].inputGradient(
        at: t, rows: rows, weights.layers[layer],
        into: layers[layer - 1].outputGradient(at: t, rows: rows))
    }
  }

  /// The gradient of the bottom layer's input at time step `t`, `[⌈I/V⌉][n][V]`, out.
  package func inputGradient(at t: Int, _ weights: ClassifierWeights, into x: Matrix) {
    layers[0].inputGradient(at: t, rows: rows, weights.layers[0], into: x)
  }

  private var top: LSTMLayer { layers[layers.count - 1] }

  private var bottomInput: OperandSequence {
    OperandSequence(
      packedInput, stride: kernels.operandSize(rows: rows, columns: shape.inputSize),
      steps: shape.steps)
  }

  private func inputOfLayer(_ layer: Int) -> OperandSequence {
    layer == 0 ? bottomInput : layers[layer - 1].output(rows: rows)
  }
}
