import Tensors

/// A stack of recurrent layers and a linear layer on the top layer's output, with the memory for one minibatch
/// of up to N rows: what computes the losses and gradients of a shard's slice.
///
/// The parameters stay outside, so that many share them. One thread at a time may use a classifier.
package final class RecurrentClassifier {
  /// The sizes of the model.
  package let shape: ClassifierShape
  /// The most rows of a minibatch.
  package let maximumRows: Int
  /// What the products run on.
  package let kernels: Kernels
  /// Of each layer, of each of its directions.
  private let layers: [[RecurrentLayer]]
  private let outputs: [LayerOutput]
  private let input: Matrix  // [T, N, I]
  private let packedInput: Matrix  // T operands [N, I]
  private let logits: Matrix  // [N, C]
  private let logitsGradient: Matrix  // [N, C]
  private let packedGradient: Matrix  // gradient operand [N, C]
  /// The rows of the present minibatch.
  private var rows = 0

  /// Allocates for minibatches of up to `maximumRows` rows; with the memory for gradients only if
  /// `training`, and for dropout between layers only if it `drops`.
  ///
  /// - Throws: `TensorError`.
  package init(
    _ shape: ClassifierShape, _ kernels: Kernels, maximumRows: Int, training: Bool,
    drops: Bool = false
  ) throws(TensorError) {
    (self.shape, self.kernels, self.maximumRows) = (shape, kernels, maximumRows)
    var (layers, outputs) = ([[RecurrentLayer]](), [LayerOutput]())
    for layer in 0..<shape.layers {
      var directions: [RecurrentLayer] = []
      for direction in 0..<shape.directions {
        directions.append(
          try RecurrentLayer(
            shape, layer: layer, direction: direction, kernels, maximumRows: maximumRows,
            training: training))
      }
      layers.append(directions)
      outputs.append(
        try LayerOutput(
          shape, layer: layer, kernels, maximumRows: maximumRows, training: training,
          drops: drops))
    }
    (self.layers, self.outputs) = (layers, outputs)
    let parts = try Workspace([
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
  package func input(rows n: Int) -> Matrix {
    precondition(n <= maximumRows, "more rows than the classifier has memory for")
    return input.reshaped(shape.steps * n, shape.inputSize)
  }

  /// The logits `[n, C]` of the minibatch in `input(rows: n)`.
  ///
  /// - Parameter dropout: what is dropped between layers, of a classifier that has the memory for it.
  package func forward(
    _ weights: PackedWeights, rows n: Int, dropout: Dropout? = nil
  ) -> Matrix {
    rows = n
    let input = input(rows: n)
    let packed = bottomInput
    for t in 0..<shape.steps {
      kernels.pack(input.rows(t * n..<(t + 1) * n), into: packed[t])
    }
    for (index, (directions, output)) in zip(layers, outputs).enumerated() {
      for (direction, layer) in directions.enumerated() {
        layer.forward(
          inputOfLayer(index), rows: n, weights.layers[index][direction],
          output: output.hidden(rows: n)
        ) { output.floats(at: $0, direction: direction, rows: n) }
      }
      output.drop(dropout, rows: n)
    }
    let logits = logits.reshaped(n, shape.classes)
    Kernels.float32.linearForward(
      inputs: shape.outputColumns, x: Operand(top.read(rows: n)), weights: weights.linear.weights,
      bias: weights.linear.bias, into: logits)
    return logits
  }

  /// The loss on the minibatch in `input(rows: labels.count)`, with the labels mixed and smoothed
  /// as in `softmaxCrossEntropy`.
  ///
  /// What follows for the gradients of `scale` times its sum over the rows is `linearGradients`, and
  /// then for each layer from the top down `backwardThroughTime`, and after it `weightGradients` and, but for
  /// the bottom layer, `inputGradient`.
  package func loss(
    _ weights: PackedWeights, labels: Span<Int32>, mixed: [MixedLabel] = [],
    smoothing: Double = 0, scale: Float, dropout: Dropout? = nil
  ) -> ClassificationResult {
    softmaxCrossEntropy(
      forward(weights, rows: labels.count, dropout: dropout), labels: labels, mixed: mixed,
      smoothing: smoothing, gradient: logitsGradient.reshaped(labels.count, shape.classes),
      scale: scale)
  }

  /// The gradients of the linear layer, and that of the top layer's output.
  ///
  /// - Parameter logitsGradient: `[n, C]`; if nil, that of `loss`.
  package func linearGradients(
    _ weights: PackedWeights, logitsGradient: Matrix? = nil, into gradients: ParameterBuffer
  ) {
    let d = logitsGradient ?? self.logitsGradient.reshaped(rows, shape.classes)
    let (kernels, units) = (Kernels.float32, Kernels.units(forOutputs: shape.classes))
    let packed = Operand(packedGradient)
    kernels.packLinearGradient(d, into: packed)
    let (weightGradient, biasGradient) = gradients.linear
    kernels.weightGradient(
      rows: rows, inputs: shape.outputColumns, units: units,
      x: OperandSequence(Operand(top.read(rows: rows))), columns: (0, shape.outputColumns),
      gradients: OperandSequence(packed), blocks: 0..<Kernels.padded(units) / Kernels.laneCount,
      weights: weightGradient, depth: shape.outputColumns, first: 0)
    biasGradient.columns(0..<shape.classes).setToColumnSums(of: d)
    kernels.dataGradient(
      rows: rows, columns: shape.outputColumns, units: units, gradients: packed,
      transposed: weights.linear.transposed, into: top.gradient(rows: rows))
  }

  /// Backpropagation through time in one layer, with the gradients of its biases and peepholes.
  package func backwardThroughTime(
    layer: Int, _ weights: PackedWeights, into gradients: ParameterBuffer
  ) {
    for (direction, part) in layers[layer].enumerated() {
      part.backwardThroughTime(
        rows: rows, weights.layers[layer][direction],
        outputGradient: { [rows] in
          outputs[layer].gradient(at: $0, direction: direction, rows: rows)
        }, into: gradients.layer(layer, direction: direction))
    }
  }

  /// The gradients of the weights of a bucket.
  package func weightGradients(_ bucket: ParameterLayout.Bucket, into gradients: ParameterBuffer) {
    let (layer, direction) = (bucket.layer, bucket.direction)
    layers[layer][direction].weightGradients(
      inputOfLayer(layer), rows: rows, output: outputs[layer].hidden(rows: rows),
      blocks: bucket.blocks, into: gradients.layer(layer, direction: direction).weights)
  }

  /// The gradient of a layer's input, as that of the output of the layer below.
  package func inputGradient(layer: Int, _ weights: PackedWeights) {
    let below = outputs[layer - 1]
    for t in 0..<shape.steps {
      inputGradient(layer: layer, at: t, weights, into: below.gradient(at: t, rows: rows))
      below.dropGradient(at: t, rows: rows)
    }
  }

  /// The gradient of a layer's input at time step `t`, `[⌈I/V⌉][n][V]`, out.
  package func inputGradient(
    layer: Int = 0, at t: Int, _ weights: PackedWeights, into x: Matrix
  ) {
    for (direction, part) in layers[layer].enumerated() {
      part.inputGradient(at: t, rows: rows, weights.layers[layer][direction], into: x)
    }
  }

  private var top: LayerOutput { outputs[layers.count - 1] }

  private var bottomInput: OperandSequence {
    OperandSequence(
      packedInput, stride: kernels.operandSize(rows: rows, columns: shape.inputSize),
      steps: shape.steps)
  }

  private func inputOfLayer(_ layer: Int) -> OperandSequence {
    layer == 0 ? bottomInput : outputs[layer - 1].passedOn(rows: rows)
  }
}
