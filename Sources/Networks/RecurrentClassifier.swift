import Tensors

/// A stack of recurrent layers and a linear layer on the top layer's output, with the memory for
/// one minibatch: `forward` and `loss` are here, and `backward` follows them.
///
/// The parameters stay outside, so that many share them. One thread at a time may use a classifier.
package final class RecurrentClassifier {
  /// The sizes of the model.
  package let shape: ClassifierShape
  /// The most rows and time steps of a minibatch.
  package let maximum: BatchShape
  /// The kernels that compute.
  package let kernels: Kernels
  /// Indexed by layer, then by direction.
  let layers: [[RecurrentLayer]]
  let outputs: [LayerOutput]
  let reading: OutputReading
  private let lastInput: Matrix  // operand [N, columns], of a direction that runs once
  private let lastInputGradient: Matrix  // [⌈columns/V⌉][N][V], likewise
  private let input: Matrix  // [T, N, I]
  private let packedInput: Matrix  // T operands [N, I]
  private let logits: Matrix  // [N, C]
  private let logitsGradient: Matrix  // [N, C]
  let packedLogitsGradient: Operand  // gradient operand [N, C]
  /// The sizes of the present minibatch, and the state that it began with; nil for zero.
  private(set) var batch = BatchShape(rows: 0, steps: 0)
  private(set) var initialState: ClassifierState?

  /// Allocates for minibatches of up to `maximum` rows and time steps; with the memory for
  /// gradients only if `training`, and for dropout between layers only if it `drops`.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  package init(
    _ shape: ClassifierShape, _ kernels: Kernels, maximum: BatchShape, training: Bool,
    drops: Bool = false
  ) throws(TensorError) {
    (self.shape, self.kernels, self.maximum) = (shape, kernels, maximum)
    var (layers, outputs) = ([[RecurrentLayer]](), [LayerOutput]())
    for layer in 0..<shape.layers {
      var directions: [RecurrentLayer] = []
      for direction in 0..<shape.directions {
        directions.append(
          try RecurrentLayer(
            shape.layerShape(layer, direction: direction), kernels,
            maximum: shape.batch(maximum, layer: layer, direction: direction), training: training))
      }
      layers.append(directions)
      outputs.append(
        try LayerOutput(
          shape, layer: layer, kernels, maximum: maximum, training: training, drops: drops))
    }
    (self.layers, self.outputs) = (layers, outputs)
    reading = try OutputReading(shape, maximum: maximum, training: training)
    let parts = try Workspace(Self.sizes(shape, kernels, maximum: maximum, training: training))
    (input, packedInput) = (parts[0], parts[1])
    (logits, logitsGradient, packedLogitsGradient) = (parts[2], parts[3], Operand(parts[4]))
    (lastInput, lastInputGradient) = (parts[5], parts[6])
  }

  /// The numbers of floats of the parts of a classifier's memory beside its layers.
  private static func sizes(
    _ shape: ClassifierShape, _ kernels: Kernels, maximum: BatchShape, training: Bool
  ) -> [Int] {
    let (n, steps) = (maximum.rows, maximum.steps)
    let top = shape.layers - 1
    let hasLast = shape.directions == 2 && shape.runsOnce(layer: top, direction: 1)
    let columns = shape.inputColumns(ofLayer: top)
    return [
      steps * n * shape.inputSize,
      steps * kernels.operandSize(rows: n, columns: shape.inputSize),
      n * shape.classes, training ? n * shape.classes : 0,
      training
        ? Kernels.float32.gradientSize(rows: n, units: Kernels.units(forOutputs: shape.classes))
        : 0,
      hasLast ? kernels.operandSize(rows: n, columns: columns) : 0,
      hasLast && training ? n * Kernels.padded(columns) : 0,
    ]
  }

  /// The number of floats that a classifier allocates, with the parameters of `init`.
  package static func floatCount(
    _ shape: ClassifierShape, _ kernels: Kernels, maximum: BatchShape, training: Bool,
    drops: Bool = false
  ) -> Int {
    var sizes = sizes(shape, kernels, maximum: maximum, training: training)
    for layer in 0..<shape.layers {
      for direction in 0..<shape.directions {
        sizes += RecurrentLayer.sizes(
          shape.layerShape(layer, direction: direction), kernels,
          maximum: shape.batch(maximum, layer: layer, direction: direction), training: training)
      }
      sizes += LayerOutput.sizes(
        shape, layer: layer, kernels, maximum: maximum, training: training, drops: drops)
    }
    sizes += OutputReading.sizes(shape, maximum: maximum, training: training)
    return sizes.reduce(0, +)
  }

  /// The place for a minibatch, time-major: `[T * N, I]`, of which at each time step the rows count
  /// whose sequences have it.
  package func input(_ batch: BatchShape) -> Matrix {
    precondition(
      batch.rows <= maximum.rows && batch.steps <= maximum.steps,
      "more rows or time steps than the classifier has memory for")
    return input.reshaped(batch.steps * batch.rows, shape.inputSize)
  }

  /// Computes the logits `[N, C]` of the minibatch in `input(batch)`.
  ///
  /// - Parameters:
  ///   - dropout: the masks between layers, of a classifier that has the memory for them.
  ///   - initialState: the layers' states before the sequences, which have one length then, in
  ///     memory that is not this classifier's and stays until `backward`; nil for zero.
  ///   - report: called after each layer with its number.
  package func forward(
    _ weights: PackedWeights, _ batch: BatchShape, dropout: Dropout? = nil,
    initialState: ClassifierState? = nil, report: (Int) -> Void = { _ in }
  ) -> Matrix {
    precondition(
      initialState == nil || !batch.lengthsDiffer, "a state before sequences of several lengths")
    let (input, n) = (input(batch), batch.rows)
    (self.batch, self.initialState) = (batch, initialState)
    let packed = bottomInput
    for t in 0..<batch.steps {
      kernels.pack(input.rows(t * n..<t * n + batch.rows(at: t)), rows: n, into: packed[t])
    }
    for index in layers.indices {
      for direction in layers[index].indices {
        forward(layer: index, direction, weights.layers[index][direction].packed)
      }
      outputs[index].drop(dropout, batch)
      report(index)
    }
    let logits = logits.reshaped(n, shape.classes)
    Kernels.float32.linearForward(
      inputs: shape.outputColumns, x: Operand(reading.values(batch)),
      weights: weights.linear.weights,
      bias: weights.linear.bias, into: logits)
    return logits
  }

  /// Takes one direction of a layer through time.
  private func forward(layer: Int, _ direction: Int, _ weights: RecurrentWeights) {
    let (isTop, output) = (layer == layers.count - 1, outputs[layer])
    if shape.runsOnce(layer: layer, direction: direction) { gatherLastInput(ofLayer: layer) }
    let batch = batch(layer, direction)
    if isTop { reading.begin(direction: direction, batch) }
    layers[layer][direction].forward(
      input(layer, direction), batch, weights, initial: initialState?.layers[layer][direction],
      output: output.hidden(batch),
      floats: { t in
        isTop
          ? reading.place(at: t, direction: direction, batch)
          : output.floats(at: t, direction: direction, batch)
      },
      report: { t in if isTop { reading.take(at: t, direction: direction, batch) } })
    if isTop { reading.end(direction: direction, batch) }
  }

  /// Copies a layer's input at each sequence's last time step to a time step of its own.
  private func gatherLastInput(ofLayer layer: Int) {
    let input = inputOfLayer(layer)
    for t in 0..<batch.steps where !batch.rowsEnding(at: t).isEmpty {
      kernels.copy(
        input[t], rows: batch.rows, batch.rowsEnding(at: t),
        columns: shape.inputColumns(ofLayer: layer), into: Operand(lastInput))
    }
  }

  /// Runs `forward`, computes the loss on the minibatch in `input(batch)`, and keeps the gradient
  /// of `scale` times its sum over the rows for `backward`.
  ///
  /// - Parameters:
  ///   - labels, mixed, classWeights, smoothing, scale: as in `softmaxCrossEntropy`.
  ///   - dropout, initialState, report: as in `forward`.
  package func loss(
    _ weights: PackedWeights, _ batch: BatchShape, labels: Span<Int32>, mixed: [MixedLabel] = [],
    classWeights: [Float] = [], smoothing: Double = 0, scale: Float, dropout: Dropout? = nil,
    initialState: ClassifierState? = nil, report: (Int) -> Void = { _ in }
  ) -> ClassificationResult {
    softmaxCrossEntropy(
      forward(weights, batch, dropout: dropout, initialState: initialState, report: report),
      labels: labels, mixed: mixed, classWeights: classWeights, smoothing: smoothing,
      gradient: gradientOfLogits, scale: scale)
  }

  /// The layers' states after the sequence, after `forward`: views of the classifier's memory,
  /// which the next minibatch overwrites.
  package var finalState: ClassifierState {
    ClassifierState(
      layers: layers.indices.map { layer in
        layers[layer].indices.map { direction in
          let batch = batch(layer, direction)
          return layers[layer][direction].finalState(batch, output: outputs[layer].hidden(batch))
        }
      })
  }

  /// The gradient of the logits `[N, C]`, as `loss` left it.
  var gradientOfLogits: Matrix { logitsGradient.reshaped(batch.rows, shape.classes) }

  /// The minibatch as a direction of a layer sees it.
  func batch(_ layer: Int, _ direction: Int) -> BatchShape {
    shape.batch(batch, layer: layer, direction: direction)
  }

  /// The input of a direction of a layer.
  func input(_ layer: Int, _ direction: Int) -> OperandSequence {
    guard shape.runsOnce(layer: layer, direction: direction) else { return inputOfLayer(layer) }
    let size = kernels.operandSize(
      rows: batch.rows, columns: shape.inputColumns(ofLayer: layer))
    return OperandSequence(lastInput, stride: size, steps: 1)
  }

  /// The place for the gradient of the input of a direction that runs once.
  func lastInputGradient(ofLayer layer: Int) -> Matrix {
    lastInputGradient.columns(
      0..<batch.rows * Kernels.padded(shape.inputColumns(ofLayer: layer)))
  }

  private func inputOfLayer(_ layer: Int) -> OperandSequence {
    layer == 0 ? bottomInput : outputs[layer - 1].passedOn(batch)
  }

  private var bottomInput: OperandSequence {
    OperandSequence(
      packedInput, stride: kernels.operandSize(rows: batch.rows, columns: shape.inputSize),
      steps: batch.steps)
  }
}
