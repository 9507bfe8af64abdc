import Tensors

/// A stack of LSTM layers and a linear layer on the top layer's last time step, with the memory for
/// one minibatch of up to N rows: what one worker needs to compute losses and gradients.
///
/// The parameters stay outside, so that many workers share them. One thread at a time may use a
/// classifier.
public final class LSTMClassifier {
  /// The sizes of the model.
  public let shape: ClassifierShape
  /// The most rows of a minibatch.
  public let maximumRows: Int
  private let products: MatrixProducts
  private let layers: [LSTMLayer]
  private let input: AlignedBuffer<Float>  // [T, N, I]
  private let logits: AlignedBuffer<Float>  // [N, classes]
  private let logitsGradient: AlignedBuffer<Float>  // [N, classes]

  /// Allocates for minibatches of up to `maximumRows` rows; with the memory for `backward` only if
  /// `training`.
  ///
  /// - Throws: `TensorError`.
  public init(
    _ shape: ClassifierShape, maximumRows: Int, training: Bool
  ) throws(TensorError) {
    self.shape = shape
    self.maximumRows = maximumRows
    products = try MatrixProducts()
    var layers: [LSTMLayer] = []
    for layer in 0..<shape.layers {
      layers.append(
        try LSTMLayer(
          steps: shape.steps, inputSize: shape.inputSize(ofLayer: layer),
          hiddenSize: shape.hiddenSize, maximumRows: maximumRows, training: training))
    }
    self.layers = layers
    input = try AlignedBuffer(count: shape.steps * maximumRows * shape.inputSize)
    logits = try AlignedBuffer(count: maximumRows * shape.classes)
    logitsGradient = try AlignedBuffer(count: training ? maximumRows * shape.classes : 0)
  }

  /// The place for a minibatch of `n` rows, time-major: `[T * n, I]`.
  public func input(rows n: Int) -> Matrix {
    precondition(n <= maximumRows, "more rows than the classifier has memory for")
    return input.matrix(shape.steps * n, shape.inputSize)
  }

  /// The logits `[n, classes]` of the minibatch in `input(rows: n)`.
  ///
  /// - Throws: `TensorError`.
  public func forward(_ parameters: Arena, rows n: Int) throws(TensorError) -> Matrix {
    var x = input(rows: n)
    for (index, layer) in layers.enumerated() {
      try layer.forward(x, rows: n, LSTMParameters(parameters, layer: index), products)
      x = layer.output(rows: n)
    }
    let linear = LinearParameters(parameters)
    let logits = logits.matrix(n, shape.classes)
    try products.multiply(
      lastStep(of: x, rows: n), by: linear.weight, transposingRight: true, into: logits)
    logits.addToEachRow(linear.bias)
    return logits
  }

  /// The gradients of all parameters, after `forward` on the same minibatch.
  ///
  /// - Parameters:
  ///   - logitsGradient: `[n, classes]`.
  ///   - gradients: out, every element is set.
  ///   - inputGradient: `[T * n, I]`, out, unless nil.
  /// - Throws: `TensorError`.
  public func backward(
    _ parameters: Arena, rows n: Int, logitsGradient: Matrix, into gradients: Arena,
    inputGradient: Matrix? = nil
  ) throws(TensorError) {
    let top = layers[layers.count - 1]
    let (linear, linearGradients) = (LinearParameters(parameters), LinearParameters(gradients))
    try products.multiply(
      logitsGradient, transposingLeft: true, by: lastStep(of: top.output(rows: n), rows: n),
      into: linearGradients.weight)
    linearGradients.bias.setToColumnSums(of: logitsGradient)
    try products.multiply(
      logitsGradient, by: linear.weight,
      into: lastStep(of: top.outputGradient(rows: n), rows: n))
    for (index, layer) in layers.enumerated().reversed() {
      let below = index == 0 ? nil : layers[index - 1]
      try layer.backward(
        below?.output(rows: n) ?? input(rows: n), rows: n,
        LSTMParameters(parameters, layer: index), products,
        hasGradientAtEveryStep: layer !== top, into: LSTMParameters(gradients, layer: index),
        inputGradient: below?.outputGradient(rows: n) ?? inputGradient)
    }
  }

  /// The loss on the minibatch in `input(rows: labels.count)`, and the gradients of `scale` times
  /// its sum over the rows.
  ///
  /// - Throws: `TensorError`.
  public func lossAndGradients(
    _ parameters: Arena, labels: Span<Int32>, scale: Float, into gradients: Arena
  ) throws(TensorError) -> ClassificationResult {
    let logits = try forward(parameters, rows: labels.count)
    let logitsGradient = logitsGradient.matrix(labels.count, shape.classes)
    let result = softmaxCrossEntropy(
      logits, labels: labels, gradient: logitsGradient, scale: scale)
    try backward(
      parameters, rows: labels.count, logitsGradient: logitsGradient, into: gradients)
    return result
  }

  private func lastStep(of states: Matrix, rows n: Int) -> Matrix {
    states.rows((shape.steps - 1) * n..<shape.steps * n)
  }
}

/// The parameters of the linear layer, or their gradients, as views of an arena.
private struct LinearParameters {
  /// `[classes, H]`.
  let weight: Matrix
  /// `[1, classes]`.
  let bias: Matrix

  init(_ arena: Arena) {
    weight = arena.matrix(arena.layout.linearEntries[0])
    bias = arena.matrix(arena.layout.linearEntries[1])
  }
}
