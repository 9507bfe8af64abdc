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
  /// The states of one layer of one pass have been computed again, in one segment.
  case recomputation(layer: Int)
  /// One layer of one pass has been taken through time, or through one segment.
  case backwardThroughTime(layer: Int)
  /// The weight gradients of one bucket of one pass are computed, or those of one segment.
  case weightGradients(bucket: Int)
  /// A bucket of `ParameterLayout.buckets` is complete in the gradients of all passes.
  case bucketComplete(Int)
}

/// Computes the gradients of some minibatches' losses by backpropagation through time, in the order
/// of `BackwardSchedule`, so that each bucket of the gradients is complete in all passes as early as
/// it can be.
///
/// - Parameters:
///   - passes: the minibatches, which share the `weights`; all or none of their classifiers compute
///     states again.
///   - report: called after each part of the work, with the buckets in their order.
/// - Throws: what `report` throws.
package func backward(
  _ passes: [BackwardPass], _ weights: PackedWeights,
  report: (BackwardEvent) throws -> Void
) rethrows {
  let recomputes = passes.first?.classifier.kept == .segments
  for work in BackwardSchedule(weights.layout, passes: passes.count, recomputes: recomputes).work {
    switch work {
    case .linear:
      for pass in passes { pass.linearGradients(weights) }
      try report(.linearGradients)
    case .throughTime(let layer, let number):
      let pass = passes[number]
      if layer + 1 < weights.shape.layers {
        pass.inputGradient(ofLayer: layer + 1, 0..<pass.classifier.batch.steps, weights)
      }
      for direction in 0..<weights.shape.directions {
        pass.backwardThroughTime(layer, direction, nil, weights)
      }
      try report(.backwardThroughTime(layer: layer))
    case .weights(let bucket, let number):
      passes[number].weightGradients(weights.layout.buckets[bucket])
      try report(.weightGradients(bucket: bucket))
    case .segments(let stage, let number):
      try passes[number].backward(stage, weights, report)
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

  /// Takes one direction of a layer backward through time, with the gradients of its biases and
  /// peepholes: through a window of time steps, or all if nil.
  fileprivate func backwardThroughTime(
    _ layer: Int, _ direction: Int, _ window: Range<Int>?, _ weights: PackedWeights
  ) {
    let (output, reading) = (classifier.outputs[layer], classifier.reading)
    let isTop = layer == classifier.layers.count - 1
    let part = classifier.layers[layer][direction]
    let packed = weights.layers[layer][direction].packed
    let batch = classifier.batch(layer, direction)
    let window = window ?? 0..<batch.steps
    let order = TimeOrder(steps: batch.steps, isReversed: direction == 1)
    let parameters = gradient.layer(layer, direction: direction)
    let finalGradient = finalStateGradient?.layers[layer][direction]
    if window.contains(order.last) {
      part.beginBackward(batch, finalGradient: finalGradient, into: parameters)
    }
    part.backwardThroughTime(
      window, of: batch, packed, initial: classifier.initialState?.layers[layer][direction],
      finalGradient: finalGradient,
      outputGradient: { t in
        isTop
          ? reading.gradient(at: t, direction: direction, batch)
          : output.gradient(at: t, direction: direction, batch)
      }, into: parameters)
    guard window.contains(order.first) else { return }
    part.endBackward(into: parameters)
    if let gradient = initialStateGradient?.layers[layer][direction] {
      part.initialStateGradient(batch, packed, into: gradient)
    }
  }

  /// Computes the gradients of the weights of a bucket: in one segment of time steps, or all if nil.
  fileprivate func weightGradients(
    _ bucket: ParameterLayout.Bucket, _ segment: Range<Int>? = nil
  ) {
    let (layer, direction) = (bucket.layer, bucket.direction)
    let batch = classifier.batch(layer, direction)
    let order = TimeOrder(steps: batch.steps, isReversed: direction == 1)
    for segment in segment.map({ [$0] }) ?? order.segments.reversed() {
      classifier.layers[layer][direction].weightGradients(
        classifier.input(layer, direction), segment, of: batch,
        initial: classifier.initialState?.layers[layer][direction],
        output: classifier.outputs[layer].hidden(direction: direction, batch),
        blocks: bucket.blocks, adds: !segment.contains(order.last),
        into: gradient.layer(layer, direction: direction).weights)
    }
  }

  /// Takes the layers of a stage backward through time and computes the gradients of their weights,
  /// segment after segment, whose states are computed again.
  fileprivate func backward(
    _ stage: Range<Int>, _ weights: PackedWeights, _ report: (BackwardEvent) throws -> Void
  ) rethrows {
    let buckets = weights.layout.buckets
    for direction in 0..<weights.shape.directions {
      let windows = classifier.windows(stage, direction)
      for (number, window) in windows.enumerated().reversed() {
        // Those of the last one are still there.
        if number < windows.count - 1 {
          try classifier.forwardAgain(stage, direction, window, number: number, weights) {
            try report(.recomputation(layer: $0))
          }
        }
        for layer in stage.reversed() {
          if layer + 1 < stage.upperBound {
            inputGradient(ofLayer: layer + 1, window, weights)
          }
          backwardThroughTime(layer, direction, window, weights)
          try report(.backwardThroughTime(layer: layer))
          for bucket in buckets.indices
          where buckets[bucket].layer == layer && buckets[bucket].direction == direction {
            weightGradients(buckets[bucket], window)
            try report(.weightGradients(bucket: bucket))
          }
        }
        if stage.lowerBound > 0 {
          let runsOnce = weights.shape.runsOnce(layer: stage.lowerBound, direction: direction)
          inputGradient(
            ofLayer: stage.lowerBound, runsOnce ? 0..<batch.steps : window, direction: direction,
            weights)
        }
      }
    }
  }

  /// Computes the gradient of a layer's input, as that of the output of the layer below: at some time
  /// steps, and of all directions or one.
  fileprivate func inputGradient(
    ofLayer layer: Int, _ times: Range<Int>, direction: Int? = nil, _ weights: PackedWeights
  ) {
    let below = classifier.outputs[layer - 1]
    let directions = direction.map { $0..<$0 + 1 } ?? 0..<weights.shape.directions
    let isComplete = directions.upperBound == weights.shape.directions
    classifier.inputGradients(
      ofLayer: layer, weights, at: times, directions: directions,
      into: { below.gradient(at: $0, batch) },
      report: { if isComplete { below.dropGradient(at: $0, batch) } })
  }
}

extension RecurrentClassifier {
  /// Computes the gradients of a layer's input at all time steps, after `backward` of a classifier
  /// that keeps all states.
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
    precondition(kept == .all, "the gradients of some time steps are no longer there")
    inputGradients(
      ofLayer: layer, weights, at: 0..<batch.steps, directions: 0..<shape.directions, into: x,
      report: report)
  }

  /// The same at the time steps of a window, in some directions, of which each adds to those before
  /// it; a direction that runs once has all time steps as its window.
  fileprivate func inputGradients(
    ofLayer layer: Int, _ weights: PackedWeights, at times: Range<Int>,
    directions: Range<Int>, into x: (Int) -> Matrix, report: (Int) -> Void
  ) {
    let packed = weights.layers[layer].map(\.packed)
    let runsOnce = directions.filter { shape.runsOnce(layer: layer, direction: $0) }
    for direction in runsOnce {
      layers[layer][direction].inputGradient(
        at: 0, batch(layer, direction), packed[direction], adds: false,
        into: lastInputGradient(ofLayer: layer))
    }
    for t in times {
      let x = x(t)
      for direction in directions {
        if runsOnce.contains(direction) {
          x.add(
            batch.rowsEnding(at: t), of: batch.rows, from: lastInputGradient(ofLayer: layer))
        } else {
          layers[layer][direction].inputGradient(
            at: t, batch, packed[direction], adds: direction > 0, into: x)
        }
      }
      report(t)
    }
  }
}
