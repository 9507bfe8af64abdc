import Tensors

/// A classifier that has computed its loss on a minibatch, and the place for the gradient.
package struct BackwardPass {
  let classifier: RecurrentClassifier
  let gradient: ParameterBuffer
  private let logitsGradient: Matrix?
  private let finalStateGradient: ClassifierStateGradient?
  private let initialStateGradient: ClassifierStateGradient?

  /// The pass that follows `loss`, or another loss whose gradient is given.
  ///
  /// - Parameters:
  ///   - gradient: out: the gradient of every parameter.
  ///   - logitsGradient: `[N, C]`; if nil, that of `loss`.
  ///   - finalStateGradient: the gradient of the final state from elsewhere than the loss, of
  ///     sequences of one length; nil for zero.
  ///   - initialStateGradient: out: the gradient of the initial state, unless nil.
  package init(
    _ classifier: RecurrentClassifier, into gradient: ParameterBuffer,
    logitsGradient: Matrix? = nil, finalStateGradient: ClassifierStateGradient? = nil,
    initialStateGradient: ClassifierStateGradient? = nil
  ) {
    (self.classifier, self.gradient, self.logitsGradient) = (classifier, gradient, logitsGradient)
    precondition(
      finalStateGradient == nil && initialStateGradient == nil || !classifier.batch.lengthsDiffer,
      "a gradient of the state of sequences of several lengths")
    self.finalStateGradient = finalStateGradient
    self.initialStateGradient = initialStateGradient
  }
}

/// A part of the work of `backward` that is done.
package enum BackwardEvent: Sendable {
  /// The gradients of the linear layer are computed in all passes.
  case linearGradients
  /// One layer of one pass has been taken through time.
  case backwardThroughTime(layer: Int)
  /// The weight gradients of one bucket of one pass are computed.
  case weightGradients(bucket: Int)
  /// A bucket of `ParameterLayout.buckets` is complete in the gradients of all passes.
  case bucketComplete(Int)
}

/// Computes the gradients of some minibatches' losses by backpropagation through time, in the order
/// of `BackwardSchedule`, so that each bucket of the gradients is complete in all passes as early as
/// it can be.
///
/// - Parameters:
///   - passes: the minibatches, which share the `weights`.
///   - report: called after each part of the work, with the buckets in their order.
/// - Throws: what `report` throws.
package func backward(
  _ passes: [BackwardPass], _ weights: PackedWeights,
  report: (BackwardEvent) throws -> Void
) rethrows {
  for work in BackwardSchedule(weights.layout, passes: passes.count).work {
    switch work {
    case .linear:
      for pass in passes { pass.linearGradients(weights) }
      try report(.linearGradients)
    case .throughTime(let layer, let number):
      let pass = passes[number]
      if layer + 1 < weights.shape.layers { pass.inputGradient(ofLayer: layer + 1, weights) }
      pass.backwardThroughTime(layer, weights)
      try report(.backwardThroughTime(layer: layer))
    case .weights(let bucket, let number):
      passes[number].weightGradients(weights.layout.buckets[bucket])
      try report(.weightGradients(bucket: bucket))
    case .complete(let bucket):
      try report(.bucketComplete(bucket))
    }
  }
}

extension BackwardPass {
  private var batch: BatchShape { classifier.batch }

  /// Computes the gradients of the linear layer and of the top layer's output.
  fileprivate func linearGradients(_ weights: PackedWeights) {
    let (shape, reading, n) = (classifier.shape, classifier.reading, batch.rows)
    let d = logitsGradient ?? classifier.gradientOfLogits
    let (kernels, units) = (Kernels.float32, Kernels.units(forOutputs: shape.classes))
    kernels.packLinearGradient(d, into: classifier.packedLogitsGradient)
    let sums = SumGradients(OperandSequence(classifier.packedLogitsGradient), units: units)
    let (weightGradient, biasGradient) = gradient.linear
    kernels.weightGradient(
      rows: n,
      Activations(OperandSequence(Operand(reading.values(batch))), columns: shape.outputColumns),
      sums,
      into: WeightRows(
        weightGradient, depth: shape.outputColumns,
        blocks: 0..<Kernels.padded(units) / Kernels.blockWidth))
    biasGradient.columns(0..<shape.classes).setToColumnSums(of: d)
    kernels.dataGradient(
      rows: n, sums, columns: shape.outputColumns, transposed: weights.linear.transposed,
      into: reading.gradient(batch))
    reading.beginBackward(batch)
  }

  /// Takes one layer backward through time, with the gradients of its biases and peepholes.
  fileprivate func backwardThroughTime(_ layer: Int, _ weights: PackedWeights) {
    let (output, reading) = (classifier.outputs[layer], classifier.reading)
    let isTop = layer == classifier.layers.count - 1
    for (direction, part) in classifier.layers[layer].enumerated() {
      let packed = weights.layers[layer][direction].packed
      let batch = classifier.batch(layer, direction)
      part.backwardThroughTime(
        batch, packed, initial: classifier.initialState?.layers[layer][direction],
        finalGradient: finalStateGradient?.layers[layer][direction],
        outputGradient: { t in
          isTop
            ? reading.gradient(at: t, direction: direction, batch)
            : output.gradient(at: t, direction: direction, batch)
        },
        into: gradient.layer(layer, direction: direction))
      if let gradient = initialStateGradient?.layers[layer][direction] {
        part.initialStateGradient(batch, packed, into: gradient)
      }
    }
  }

  /// Computes the gradients of the weights of a bucket.
  fileprivate func weightGradients(_ bucket: ParameterLayout.Bucket) {
    let (layer, direction) = (bucket.layer, bucket.direction)
    let batch = classifier.batch(layer, direction)
    classifier.layers[layer][direction].weightGradients(
      classifier.input(layer, direction), batch,
      initial: classifier.initialState?.layers[layer][direction],
      output: classifier.outputs[layer].hidden(batch), blocks: bucket.blocks,
      into: gradient.layer(layer, direction: direction).weights)
  }

  /// Computes the gradient of a layer's input, as that of the output of the layer below.
  fileprivate func inputGradient(ofLayer layer: Int, _ weights: PackedWeights) {
    let below = classifier.outputs[layer - 1]
    classifier.inputGradients(
      ofLayer: layer, weights, into: { below.gradient(at: $0, batch) },
      report: { below.dropGradient(at: $0, batch) })
  }
}

extension RecurrentClassifier {
  /// Computes the gradients of a layer's input at all time steps, after `backward`.
  ///
  /// - Parameters:
  ///   - layer: the number of the layer; of the bottom layer, `weights` must be made for it.
  ///   - x: for a time step, the place for the gradient `[⌈I/V⌉][N][V]`, in which the rows are set
  ///     whose sequences have it.
  ///   - report: called after each time step with its number.
  package func inputGradients(
    ofLayer layer: Int = 0, _ weights: PackedWeights, into x: (Int) -> Matrix,
    report: (Int) -> Void
  ) {
    let packed = weights.layers[layer].map(\.packed)
    let runsOnce = packed.indices.filter { shape.runsOnce(layer: layer, direction: $0) }
    for direction in runsOnce {
      layers[layer][direction].inputGradient(
        at: 0, batch(layer, direction), packed[direction], adds: false,
        into: lastInputGradient(ofLayer: layer))
    }
    for t in 0..<batch.steps {
      let x = x(t)
      for (direction, part) in layers[layer].enumerated() {
        if runsOnce.contains(direction) {
          x.add(
            batch.rowsEnding(at: t), of: batch.rows, from: lastInputGradient(ofLayer: layer))
        } else {
          part.inputGradient(at: t, batch, packed[direction], adds: direction > 0, into: x)
        }
      }
      report(t)
    }
  }
}
