import Tensors

/// One direction of a recurrent layer, with the memory that backpropagation through time needs: the
/// cell of `torch.nn.LSTM`, `torch.nn.GRU` or another.
///
/// All its memory is time-major, and packed for the N and T of the present minibatch.
final class RecurrentLayer {
  let shape: LayerShape
  let kernels: Kernels
  let kept: KeptStates
  private let gates: Matrix  // [T][⌈H/V⌉][N][4][V]
  private let cellState: Matrix  // [T][⌈H/V⌉][N][V]; without training, that of the present step
  private let tanhState: Matrix  // [T][⌈H/V⌉][N][V]
  private let gradients: Matrix  // T gradient operands [N, 4H], unless they replace the gates
  private let cellStateGradient: Matrix  // [⌈H/V⌉][N][V]
  // Where states are computed again, of the state before each segment but the first:
  let keptHiddens: Matrix  // operands [N, D H], unless the layer's output is kept
  let keptCellStates: Matrix  // [⌈H/V⌉][N][V] each
  /// The numbers of time steps that there is memory for: T, or those of a segment and its neighbors.
  private let slots: Int
  /// The time step whose memory is the first.
  var origin = 0

  init(
    _ shape: LayerShape, _ kernels: Kernels, maximum batch: BatchShape, kept: KeptStates,
    keepsOutput: Bool
  ) throws(TensorError) {
    self.shape = shape
    (self.kernels, self.kept, slots) = (kernels, kept, kept.slots(of: batch.steps))
    let parts = try Workspace(
      Self.sizes(shape, kernels, maximum: batch, kept: kept, keepsOutput: keepsOutput))
    (gates, cellState, tanhState) = (parts[0], parts[1], parts[2])
    (gradients, cellStateGradient) = (parts[3], parts[4])
    (keptHiddens, keptCellStates) = (parts[5], parts[6])
  }

  /// The numbers of floats of the parts of a layer's memory.
  static func sizes(
    _ shape: LayerShape, _ kernels: Kernels, maximum batch: BatchShape, kept: KeptStates,
    keepsOutput: Bool
  ) -> [Int] {
    let state = batch.rows * shape.paddedUnits
    let (slots, training) = (kept.slots(of: batch.steps), kept.areForTraining)
    let trained = training ? slots * state : 0
    let gradient = kernels.gradientSize(rows: batch.rows, units: shape.units)
    let (copies, hidden) = (
      kept.copies(of: batch.steps),
      kernels.operandSize(rows: batch.rows, columns: shape.directions * shape.paddedUnits)
    )
    return [
      4 * trained, training ? trained : state, shape.cell.keepsTanh ? trained : 0,
      kernels.gradientsReplaceGates || !training ? 0 : slots * gradient,
      training ? state : 0, keepsOutput ? 0 : copies * hidden, copies * state,
    ]
  }

  /// Runs over a window of `input` `[N, I]` at each time step, after those before it.
  ///
  /// - Parameters:
  ///   - window: the time steps, which are in memory.
  ///   - initial: the state before this direction's first time step, or nil for zero.
  ///   - keeps: false if no backward pass reads the gates.
  ///   - output: `[N, D H]` at each time step, out: this direction's blocks.
  ///   - floats: for a time step, where its hidden state goes as `[⌈H/V⌉][N][V]`, not rounded, if
  ///     anywhere.
  ///   - report: called after each time step with its number.
  func forward(
    _ input: OperandWindow, _ window: Range<Int>, of batch: BatchShape,
    _ weights: RecurrentWeights, initial: RecurrentState?, keeps: Bool, output: OperandWindow,
    floats: (Int) -> Matrix?, report: (Int) -> Void
  ) {
    let order = order(batch)
    for t in order.over(window) {
      var previous = initial
      if let before = order.time(before: t) {
        clearState(at: before, for: t, batch, output)
        previous = RecurrentState(
          hidden: output[before], cellState: cellState(at: before, rows: batch.rows))
      }
      kernels.forward(
        shape, rows: batch.rows, running: batch.rows(at: t), weights, x: input[t],
        previous: previous, into: memory(at: t, rows: batch.rows, keeps: keeps),
        StepOutput(hidden: output[t], floats: floats(t)))
      report(t)
    }
  }

  /// Sets the state of time step `before` to zero for the sequences that `t` is the first time step
  /// of: the shorter ones, in the backward direction.
  private func clearState(
    at before: Int, for t: Int, _ batch: BatchShape, _ output: OperandWindow
  ) {
    guard batch.rows(at: before) < batch.rows(at: t) else { return }
    let starting = batch.rows(at: before)..<batch.rows(at: t)
    kernels.clear(output[before], shape, rows: batch.rows, starting)
    cellState(at: before, rows: batch.rows).clear(starting, of: batch.rows)
  }

  /// The state after this direction's last time step, after `forward`: views of the layer's memory.
  func finalState(_ batch: BatchShape, output: OperandWindow) -> RecurrentState {
    let last = order(batch).last
    return RecurrentState(hidden: output[last], cellState: cellState(at: last, rows: batch.rows))
  }

  /// Prepares for `backwardThroughTime`.
  ///
  /// - Parameters:
  ///   - finalGradient: the gradient of the final state, or nil for zero.
  ///   - parameters: the gradients of the biases and peepholes, out.
  func beginBackward(
    _ batch: BatchShape, finalGradient: RecurrentStateGradient?, into parameters: LayerParameters
  ) {
    let cellStateGradient = cellStateGradient.columns(0..<stateSize(rows: batch.rows))
    if batch.lengthsDiffer { cellStateGradient.clear() }
    if let finalGradient { cellStateGradient.copy(from: finalGradient.cellState) }
    parameters.inputBias.clear()
    parameters.peepholes.clear()
  }

  /// Runs backward over a window of time steps, after those that follow it, and leaves the gradients
  /// of the cells' sums.
  ///
  /// - Parameters:
  ///   - window, initial: as in `forward`.
  ///   - finalGradient, parameters: as in `beginBackward`.
  ///   - outputGradient: for a time step, the gradient of this direction's output `[⌈H/V⌉][N][V]`
  ///     from elsewhere, nil for zero; that of the last time step may be changed.
  func backwardThroughTime(
    _ window: Range<Int>, of batch: BatchShape, _ weights: RecurrentWeights,
    initial: RecurrentState?, finalGradient: RecurrentStateGradient?,
    outputGradient: (Int) -> Matrix?, into parameters: LayerParameters
  ) {
    let (n, order, gradients) = (batch.rows, order(batch), gradients(batch))
    let cellStateGradient = cellStateGradient.columns(0..<stateSize(rows: n))
    for t in order.over(window, backward: true) {
      var hidden = outputGradient(t)
      if let finalGradient, t == order.last {
        if let hidden {
          hidden.setToSum(hidden, finalGradient.hidden)
        } else {
          hidden = finalGradient.hidden
        }
      }
      let previous = order.time(before: t).map { cellState(at: $0, rows: n) }
      let (running, after) = (batch.rows(at: t), order.time(after: t))
      if let after, batch.rows(at: after) < running {
        // The sequences that end here have no gradient from behind.
        kernels.clear(
          sums: gradients[after], shape, rows: n, batch.rows(at: after)..<running)
      }
      kernels.backward(
        shape, rows: n, running: running, weights, memory(at: t, rows: n, keeps: true),
        previousCellState: previous ?? initial?.cellState,
        StepGradients(
          following: after.map { gradients[$0] }, hidden: hidden, cellState: cellStateGradient,
          hasCellState: after != nil || finalGradient != nil, sums: gradients[t]),
        biasGradient: parameters.inputBias, peepholeGradient: parameters.peepholes)
    }
  }

  /// Completes the gradients of the biases, after `backwardThroughTime` over all time steps.
  func endBackward(into parameters: LayerParameters) {
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

  /// Computes the gradients of the weights of some blocks of units over a segment of time steps,
  /// after `backwardThroughTime`.
  ///
  /// - Parameters:
  ///   - input, initial, output: as in `forward`.
  ///   - segment: its time steps, which are in memory.
  ///   - adds: true if the gradients are added to what `weights` has, those of the segments after
  ///     this one.
  ///   - weights: `[⌈H/V⌉][I + H][G][V]`, out.
  func weightGradients(
    _ input: OperandWindow, _ segment: Range<Int>, of batch: BatchShape,
    initial: RecurrentState?, output: OperandWindow, blocks: Range<Int>, adds: Bool,
    into weights: Matrix
  ) {
    let (n, order, gradients, cell) = (batch.rows, order(batch), gradients(batch), shape.cell)
    let depth = shape.inputs + shape.units
    let running = batch.running
    kernels.weightGradient(
      rows: n, running: running?[segment], Activations(input[segment], columns: shape.inputs),
      SumGradients(gradients[segment], units: shape.units, sums: cell.inputSums), adds: adds,
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
    var adds = adds
    if let initial, segment.contains(order.first) {
      kernels.weightGradient(
        rows: n, hidden(OperandSequence(initial.hidden)), sums(order.first..<order.first + 1),
        adds: adds, into: recurrentRows)
      adds = true
    }
    let neighbors = order.neighbors(in: segment)
    // Of two neighbors the later time step has fewer sequences, which all have the other one.
    let later = order.isReversed ? neighbors.before : neighbors.after
    kernels.weightGradient(
      rows: n, running: running?[later], hidden(output[neighbors.before]), sums(neighbors.after),
      adds: adds, into: recurrentRows)
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
      SumGradients(
        gradients(batch)[t..<t + 1], units: shape.units, sums: shape.cell.inputSums),
      columns: shape.inputs, transposed: weights.input, adds: adds, into: x)
  }

  func order(_ batch: BatchShape) -> TimeOrder {
    TimeOrder(steps: batch.steps, isReversed: shape.direction == 1)
  }

  func stateSize(rows n: Int) -> Int { n * shape.paddedUnits }

  private func memory(at t: Int, rows n: Int, keeps: Bool) -> StepMemory {
    StepMemory(
      gates: keeps && kept.areForTraining ? part(gates, t, size: 4 * stateSize(rows: n)) : nil,
      cellState: cellState(at: t, rows: n),
      tanhState: keeps && tanhState.count > 0 ? part(tanhState, t, size: stateSize(rows: n)) : nil)
  }

  func cellState(at t: Int, rows n: Int) -> Matrix {
    part(cellState, kept.areForTraining ? t : origin, size: stateSize(rows: n))
  }

  private func part(_ matrix: Matrix, _ t: Int, size: Int) -> Matrix {
    matrix.columns((t - origin) * size..<(t - origin + 1) * size)
  }

  func gradients(_ batch: BatchShape) -> OperandWindow {
    OperandWindow(
      OperandSequence(
        kernels.gradientsReplaceGates ? gates : gradients,
        stride: kernels.gradientSize(rows: batch.rows, units: shape.units),
        steps: kept == .all ? batch.steps : slots), origin: origin)
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
