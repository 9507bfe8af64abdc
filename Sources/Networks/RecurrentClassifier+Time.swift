import Tensors

// The way through time.
extension RecurrentClassifier {
  /// The layers' states after the sequence, after `forward`: views of the classifier's memory,
  /// which the next minibatch overwrites.
  package var finalState: ClassifierState {
    ClassifierState(
      layers: layers.indices.map { layer in
        layers[layer].indices.map { direction in
          let batch = batch(layer, direction)
          return layers[layer][direction].finalState(
            batch, output: outputs[layer].hidden(direction: direction, batch))
        }
      })
  }

  /// Takes one direction of the layers of a stage through time.
  func forward(
    _ stage: Range<Int>, _ direction: Int, _ weights: PackedWeights, _ report: (Int) -> Void
  ) {
    let top = stage.upperBound - 1
    let batch = batch(top, direction)
    if shape.runsOnce(layer: top, direction: direction) { gatherLastInput(ofLayer: top) }
    let isTop = top == layers.count - 1
    if isTop { reading.begin(direction: direction, batch) }
    let windows = windows(stage, direction)
    for (number, window) in windows.enumerated() {
      for layer in stage { goOn(layer, direction, to: window, number: number) }
      forward(
        stage, direction, window, weights, isFirst: true, isLast: number == windows.count - 1,
        report)
    }
    if isTop { reading.end(direction: direction, batch) }
  }

  /// Takes one direction of the layers of a stage back to a window of time steps, for which the memory
  /// then is, and computes their states there again.
  func forwardAgain(
    _ stage: Range<Int>, _ direction: Int, _ window: Range<Int>, number: Int,
    _ weights: PackedWeights, _ report: (Int) throws -> Void
  ) rethrows {
    for layer in stage {
      let (part, output) = (layers[layer][direction], outputs[layer])
      let batch = batch(layer, direction)
      output.move(direction: direction, to: kept.origin(of: window))
      part.goBack(
        to: window, number: number, batch,
        hidden: output.isKept ? nil : output.hidden(direction: direction, batch))
    }
    try forward(stage, direction, window, weights, isFirst: false, isLast: true, report)
  }

  /// Takes one direction of the layers of a stage through a window of time steps, for the first time,
  /// or for the last time before the backward pass, or both.
  private func forward(
    _ stage: Range<Int>, _ direction: Int, _ window: Range<Int>, _ weights: PackedWeights,
    isFirst: Bool, isLast: Bool, _ report: (Int) throws -> Void
  ) rethrows {
    if !shape.isBidirectional { pack(window) }
    for layer in stage {
      let (isTop, output) = (layer == layers.count - 1, outputs[layer])
      let batch = batch(layer, direction)
      layers[layer][direction].forward(
        input(layer, direction), window, of: batch, weights.layers[layer][direction].packed,
        initial: initialState?.layers[layer][direction], keeps: isLast,
        output: output.hidden(direction: direction, batch),
        floats: { t in
          // What is read from outputs that are not kept was read the first time.
          isTop
            ? isFirst ? reading.place(at: t, direction: direction, batch) : nil
            : isFirst || !output.isKept
              ? output.floats(at: t, direction: direction, batch) : nil
        },
        report: { t in
          if isTop && isFirst { reading.take(at: t, direction: direction, batch) }
        })
      if !shape.isBidirectional { output.drop(dropout, at: window, batch) }
      // The work of a layer of two directions is not done before both are.
      if !shape.isBidirectional || !isFirst { try report(layer) }
    }
  }

  private func goOn(_ layer: Int, _ direction: Int, to window: Range<Int>, number: Int) {
    let (output, batch) = (outputs[layer], batch(layer, direction))
    let before = output.hidden(direction: direction, batch)
    output.move(direction: direction, to: kept.origin(of: window))
    layers[layer][direction].goOn(
      to: window, number: number, batch,
      hidden: output.isKept ? nil : (before, output.hidden(direction: direction, batch)))
  }

  /// The windows of time steps that a direction of the layers of a stage has in memory, one after the
  /// other.
  func windows(_ stage: Range<Int>, _ direction: Int) -> [Range<Int>] {
    layers[stage.lowerBound][direction].windows(batch(stage.lowerBound, direction))
  }

  /// Packs the input of some time steps.
  func pack(_ times: Range<Int>) {
    inputOrigin = shape.isBidirectional ? 0 : kept.origin(of: times)
    let (input, packed, n) = (input(batch), bottomInput, batch.rows)
    for t in times {
      kernels.pack(input.rows(t * n..<t * n + batch.rows(at: t)), rows: n, into: packed[t])
    }
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

  /// The input of a direction of a layer, at the time steps that are in memory.
  func input(_ layer: Int, _ direction: Int) -> OperandWindow {
    guard shape.runsOnce(layer: layer, direction: direction) else { return inputOfLayer(layer) }
    let size = kernels.operandSize(
      rows: batch.rows, columns: shape.inputColumns(ofLayer: layer))
    return OperandWindow(OperandSequence(lastInput, stride: size, steps: 1))
  }

  private func inputOfLayer(_ layer: Int) -> OperandWindow {
    layer == 0 ? bottomInput : outputs[layer - 1].passedOn(batch)
  }

  private var bottomInput: OperandWindow {
    OperandWindow(
      OperandSequence(
        packedInput, stride: kernels.operandSize(rows: batch.rows, columns: shape.inputSize),
        steps: shape.isBidirectional || kept == .all
          ? batch.steps : kept.slots(of: maximum.steps)), origin: inputOrigin)
  }
}
