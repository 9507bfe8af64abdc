import Tensors

/// One direction of a recurrent layer, with the memory that backpropagation through time needs: the
/// cell of `torch.nn.LSTM`, `torch.nn.GRU` or another.
///
/// All its memory is time-major, and packed for the N and T of the present minibatch.
final class RecurrentLayer {
  private let shape: LayerShape
  private let kernels: Kernels
  private let training: Bool
  private let gates: Matrix  // [T][⌈H/V⌉][N][4][V]
  private let cellState: Matrix  // [T][⌈H/V⌉][N][V]; without training, that of the present step
  private let tanhState: Matrix  // [T][⌈H/V⌉][N][V]
  private let gradients: Matrix  // T gradient operands [N, 4H], unless they replace the gates
  private let cellStateGradient: Matrix  // [⌈H/V⌉][N][V]

  init(
    _ shape: LayerShape, _ kernels: Kernels, maximum batch: BatchShape, training: Bool
  ) throws(TensorError) {
    self.shape = shape
    (self.kernels, self.training) = (kernels, training)
    let parts = try Workspace(Self.sizes(shape, kernels, maximum: batch, training: training))
    (gates, cellState, tanhState) = (parts[0], parts[1], parts[2])
    (gradients, cellStateGradient) = (parts[3], parts[4])
  }

  /// The numbers of floats of the parts of a layer's memory.
  static func sizes(
    _ shape: LayerShape, _ kernels: Kernels, maximum batch: BatchShape, training: Bool
  ) -> [Int] {
    let state = batch.rows * shape.paddedUnits
    let trained = training ? batch.steps * state : 0
    let gradient = kernels.gradientSize(rows: batch.rows, units: shape.units)
    return [
      4 * trained, training ? trained : state, shape.cell.keepsTanh ? trained : 0,
      kernels.gradientsReplaceGates || !training ? 0 : batch.steps * gradient,
      training ? state : 0,
    ]
  }

  /// Runs over `input` `[N, I]` at each time step.
  ///
  /// - Parameters:
  ///   - initial: the state before this direction's first time step, or nil for zero.
  ///   - output: `[N, D H]` at each time step, out: this direction's blocks.
  ///   - floats: for a time step, where its hidden state goes as `[⌈H/V⌉][N][V]`, not rounded, if
  ///     anywhere.
  ///   - report: called after each time step with its number.
  func forward(
    _ input: OperandSequence, _ batch: BatchShape, _ weights: RecurrentWeights,
    initial: RecurrentState?, output: OperandSequence, floats: (Int) -> Matrix?,
    report: (Int) -> Void
  ) {
    var previous = initial
    let order = order(batch)
    for t in order {
      if let before = order.time(before: t) { clearState(at: before, for: t, batch, output) }
      let memory = memory(at: t, rows: batch.rows)
      kernels.forward(
        shape, rows: batch.rows, running: batch.rows(at: t), weights, x: input[t],
        previous: previous, into: memory,
        StepOutput(hidden: output[t], floats: floats(t)))
      report(t)
      previous = RecurrentState(hidden: output[t], cellState: memory.cellState)
    }
  }

  /// Sets the state of time step `before` to zero for the sequences that `t` is the first time step
  /// of: the shorter ones, in the backward direction.
  private func clearState(
    at before: Int, for t: Int, _ batch: BatchShape, _ output: OperandSequence
  ) {
    guard batch.rows(at: before) < batch.rows(at: t) else { return }
    let starting = batch.rows(at: before)..<batch.rows(at: t)
    kernels.clear(output[before], shape, rows: batch.rows, starting)
    cellState(at: before, rows: batch.rows).clear(starting, of: batch.rows)
  }

  /// The state after this direction's last time step, after `forward`: views of the layer's memory.
  func finalState(_ batch: BatchShape, output: OperandSequence) -> RecurrentState {
    let last = order(batch).last
    return RecurrentState(hidden: output[last], cellState: cellState(at: last, rows: batch.rows))
  }

  /// Runs backward through time, after `forward`, and leaves the gradients of the cells' sums.
  ///
  /// - Parameters:
  ///   - initial: as in `forward`.
  ///   - finalGradient: the gradient of the final state, or nil for zero.
  ///   - outputGradient: for a time step, the gradient of this direction's output `[⌈H/V⌉][N][V]`
  ///     from elsewhere, nil for zero; that of the last time step may be changed.
  ///   - parameters: the gradients of the biases and peepholes, out.
  func backwardThroughTime(
    _ batch: BatchShape, _ weights: RecurrentWeights, initial: RecurrentState?,
    finalGradient: RecurrentStateGradient?, outputGradient: (Int) -> Matrix?,
    into parameters: LayerParameters
  ) {
    let (n, order, gradients) = (batch.rows, order(batch), gradients(batch))
    let cellStateGradient = cellStateGradient.columns(0..<stateSize(rows: n))
    if batch.lengthsDiffer { cellStateGradient.clear() }
    if let finalGradient { cellStateGradient.copy(from: finalGradient.cellState) }
    parameters.inputBias.clear()
    parameters.peepholes.clear()
    var following: Operand?
    for t in order.reversed() {
      var hidden = outputGradient(t)
      if let finalGradient, t == order.last {
        if let hidden {
          hidden.setToSum(hidden, finalGradient.hidden)
        } else {
          hidden = finalGradient.hidden
        }
      }
      let previous = order.time(before: t).map { cellState(at: $0, rows: n) }
      let running = batch.rows(at: t)
      if let after = order.time(after: t), batch.rows(at: after) < running {
        // The sequences that end here have no gradient from behind.
        kernels.clear(
          sums: gradients[after], shape, rows: n, batch.rows(at: after)..<running)
      }
      kernels.backward(
        shape, rows: n, running: running, weights, memory(at: t, rows: n),
        previousCellState: previous ?? initial?.cellState,
        StepGradients(
          following: following, hidden: hidden, cellState: cellStateGradient,
          hasCellState: following != nil || finalGradient != nil, sums: gradients[t]),
        biasGradient: parameters.inputBias, peepholeGradient: parameters.peepholes)
      following = gradients[t]
    }
    parameters.hiddenBias.copy(from: parameters.inputBias)
    // Where a sum lacks one of the two biases, nothing but zero may be added.
    let slots = shape.cell.slots
    for slot in 0..<4 {
      if !slots.inputBias.contains(slot) { parameters.inputBias.clear(slot: slot) }
      if !slots.hiddenBias.contains(slot) { parameters.hiddenBias.clear(slot: slot) }
    }
  }

  /// Computes the gradient of the initial state, after `backwardThroughTime`.
  func initialStateGradient(
    _ batch: BatchShape, _ weights: RecurrentWeights, into gradient: RecurrentStateGradient
  ) {
    let first = order(batch).first
    kernels.dataGradient(
      rows: batch.rows,
      SumGradients(
        gradients(batch)[first..<first + 1], units: shape.units, sums: shape.cell.hiddenSums),
      columns: shape.units, transposed: weights.recurrent, into: gradient.hidden)
    gradient.cellState.copy(from: cellStateGradient.columns(0..<stateSize(rows: batch.rows)))
  }

  /// Computes the gradients of the weights of some blocks of units, after `backwardThroughTime`.
  ///
  /// - Parameters:
  ///   - input, initial, output: as in `forward`.
  ///   - weights: `[⌈H/V⌉][I + H][G][V]`, out.
  func weightGradients(
    _ input: OperandSequence, _ batch: BatchShape, initial: RecurrentState?,
    output: OperandSequence, blocks: Range<Int>, into weights: Matrix
  ) {
    let (n, order, gradients, cell) = (batch.rows, order(batch), gradients(batch), shape.cell)
    let depth = shape.inputs + shape.units
    let running = batch.running
    kernels.weightGradient(
      rows: n, running: running?[...], Activations(input, columns: shape.inputs),
      SumGradients(gradients, units: shape.units, sums: cell.inputSums),
      into: WeightRows(weights, depth: depth, blocks: blocks))

    // The gradients of a time step meet the hidden states of the one before it.
    let start = shape.direction * shape.paddedUnits
    let recurrentRows = WeightRows(weights, depth: depth, first: shape.inputs, blocks: blocks)
    func hidden(_ operands: OperandSequence) -> Activations {
      Activations(
        operands, columns: (shape.directions - 1) * shape.paddedUnits + shape.units,
        used: start..<start + shape.units)
    }
    func sums(_ times: Range<Int>) -> SumGradients {
      SumGradients(gradients[times], units: shape.units, sums: cell.hiddenSums)
    }
    if let initial {
      kernels.weightGradient(
        rows: n, hidden(OperandSequence(initial.hidden)), sums(order.first..<order.first + 1),
        into: recurrentRows)
    }
    // Of two neighbors the later time step has fewer sequences, which all have the other one.
    kernels.weightGradient(
      rows: n, running: running?[1...], hidden(output[order.timesBeforeOthers]),
      sums(order.timesAfterOthers), adds: initial != nil, into: recurrentRows)
  }

  /// Computes the gradient of the input at time step `t`, after `backwardThroughTime`.
  ///
  /// - Parameters:
  ///   - adds: true if it is added to what `x` has.
  ///   - x: `[⌈I/V⌉][N][V]`, out.
  func inputGradient(
    at t: Int, _ batch: BatchShape, _ weights: RecurrentWeights, adds: Bool, into x: Matrix
  ) {
    kernels.dataGradient(
      rows: batch.rows, running: batch.rows(at: t),
      SumGradients(gradients(batch)[t..<t + 1], units: shape.units, sums: shape.cell.inputSums),
      columns: shape.inputs, transposed: weights.input, adds: adds, into: x)
  }

  private func order(_ batch: BatchShape) -> TimeOrder {
    TimeOrder(steps: batch.steps, isReversed: shape.direction == 1)
  }

  private func stateSize(rows n: Int) -> Int { n * shape.paddedUnits }

  private func memory(at t: Int, rows n: Int) -> StepMemory {
    StepMemory(
      gates: training ? part(gates, t, size: 4 * stateSize(rows: n)) : nil,
      cellState: cellState(at: t, rows: n),
      tanhState: tanhState.count > 0 ? part(tanhState, t, size: stateSize(rows: n)) : nil)
  }

  private func cellState(at t: Int, rows n: Int) -> Matrix {
    part(cellState, training ? t : 0, size: stateSize(rows: n))
  }

  private func part(_ matrix: Matrix, _ t: Int, size: Int) -> Matrix {
    matrix.columns(t * size..<(t + 1) * size)
  }

  private func gradients(_ batch: BatchShape) -> OperandSequence {
    OperandSequence(
      kernels.gradientsReplaceGates ? gates : gradients,
      stride: kernels.gradientSize(rows: batch.rows, units: shape.units), steps: batch.steps)
  }
}

extension Matrix {
  /// Sets one of four slots `[blocks][4][V]` to zero.
  fileprivate func clear(slot: Int) {
    let lanes = Kernels.blockWidth
    for start in stride(from: slot * lanes, to: count, by: 4 * lanes) {
      columns(start..<start + lanes).clear()
    }
  }
}
