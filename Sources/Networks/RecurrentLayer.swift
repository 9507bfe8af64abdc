import Tensors

/// One direction of a recurrent layer over T time steps of up to N rows, with zero initial state: the cell of
/// `torch.nn.LSTM`, `torch.nn.GRU` or another. It keeps what backpropagation through time needs.
///
/// All its memory is time-major, and packed for the N of the present minibatch.
final class RecurrentLayer {
  private let cell: Cell
  private let inputColumns: Int
  private let hiddenSize: Int
  /// The time steps that it runs over, in ascending order.
  private let times: Range<Int>
  private let direction: (index: Int, count: Int)
  private let kernels: Kernels
  private let training: Bool
  private let gates: Matrix  // [T][⌈H/V⌉][N][4][V]
  private let state: Matrix  // [T][⌈H/V⌉][N][V]; without training, that of the present step
  private let tanhState: Matrix  // [T][⌈H/V⌉][N][V]
  private let gradients: Matrix  // T gradient operands [N, 4H], unless they replace the gates
  private let stateGradient: Matrix  // [⌈H/V⌉][N][V]
  private let steps: Int

  init(
    _ shape: ClassifierShape, layer: Int, direction: Int, _ kernels: Kernels, maximumRows n: Int,
    training: Bool
  ) throws(TensorError) {
    (cell, steps) = (shape.cell, shape.steps)
    (inputColumns, hiddenSize) = (shape.inputColumns(ofLayer: layer), shape.hiddenSize)
    times = shape.times(ofLayer: layer, direction: direction)
    self.direction = (direction, shape.directions)
    (self.kernels, self.training) = (kernels, training)
    let state = n * Kernels.padded(hiddenSize)
    let trained = training ? steps * state : 0
    let gradient = kernels.gradientSize(rows: n, units: hiddenSize)
    let parts = try Workspace([
      4 * trained, training ? steps * state : state, cell.keepsTanh ? trained : 0,
      kernels.gradientsReplaceGates || !training ? 0 : steps * gradient, training ? state : 0,
    ])
    (gates, self.state, tanhState) = (parts[0], parts[1], parts[2])
    (gradients, stateGradient) = (parts[3], parts[4])
  }

  /// The time steps in the order of this direction.
  private var order: [Int] { direction.index == 0 ? Array(times) : times.reversed() }

  /// The time step that comes before `t` in this direction.
  private func previous(_ t: Int) -> Int? {
    let before = direction.index == 0 ? t - 1 : t + 1
    return times.contains(before) ? before : nil
  }

  /// The time step that comes after `t` in this direction.
  private func following(_ t: Int) -> Int? {
    let after = direction.index == 0 ? t + 1 : t - 1
    return times.contains(after) ? after : nil
  }

  /// Runs over `input` `[N, I]` at each time step.
  ///
  /// - Parameters:
  ///   - output: `[N, D H]` at each time step, out: this direction's blocks.
  ///   - floats: for a time step, where its hidden state goes as `[⌈H/V⌉][N][V]`, not rounded, if anywhere.
  func forward(
    _ input: OperandSequence, rows n: Int, _ weights: LayerWeights, output: OperandSequence,
    floats: (Int) -> Matrix?
  ) {
    for t in order {
      let before = previous(t)
      kernels.forward(
        cell, rows: n, inputs: inputColumns, units: hiddenSize, x: input[t],
        previousHidden: before.map { output[$0] }, weights: weights.forward, bias: weights.bias,
        peepholes: weights.peepholes, previousState: before.map { state($0, n) },
        gates: training ? gates(t, n) : nil, state: state(t, n), tanhState: tanhState(t, n),
        hidden: output[t], direction: direction, hiddenFloats: floats(t))
    }
  }

  /// Backpropagation through time, after `forward`: leaves the gradients of the cells' sums.
  ///
  /// - Parameters:
  ///   - outputGradient: for a time step, the gradient of this direction's output `[⌈H/V⌉][N][V]` from
  ///     elsewhere, nil for zero.
  ///   - parameters: the gradients of the biases and peepholes, out.
  func backwardThroughTime(
    rows n: Int, _ weights: LayerWeights, outputGradient: (Int) -> Matrix?,
    into parameters: LayerParameters
  ) {
    let gradients = gradients(rows: n)
    let biasGradient = parameters.inputBias
    biasGradient.clear()
    parameters.peepholes.clear()
    for t in order.reversed() {
      kernels.backward(
        cell, rows: n, units: hiddenSize, followingGradients: following(t).map { gradients[$0] },
        recurrent: weights.recurrent, hiddenGradient: outputGradient(t),
        peepholes: weights.peepholes, gates: gates(t, n),
        previousState: previous(t).map { state($0, n) }, state: state(t, n),
        tanhState: tanhState(t, n), stateGradient: stateGradient.columns(0..<stateSize(n)),
        gradients: gradients[t], biasGradient: biasGradient,
        peepholeGradient: parameters.peepholes)
    }
    parameters.hiddenBias.copy(from: biasGradient)
    // Where a sum lacks one of the two biases, nothing but zero may be added.
    let slots = cell.slots
    for slot in 0..<4 {
      if !slots.inputBias.contains(slot) { parameters.inputBias.clear(slot: slot) }
      if !slots.hiddenBias.contains(slot) { parameters.hiddenBias.clear(slot: slot) }
    }
  }

  /// The gradients of the weights of some blocks of units, after `backwardThroughTime`.
  ///
  /// - Parameters:
  ///   - input, output: those of `forward`.
  ///   - weights: `[⌈H/V⌉][I + H][G][V]`, out.
  func weightGradients(
    _ input: OperandSequence, rows n: Int, output: OperandSequence, blocks: Range<Int>,
    into weights: Matrix
  ) {
    let gradients = gradients(rows: n)
    let depth = inputColumns + hiddenSize
    kernels.weightGradient(
      rows: n, inputs: inputColumns, units: hiddenSize, gates: (cell.gates, 0), x: input[times],
      columns: (0, inputColumns), gradients: gradients[times], blocks: blocks, weights: weights,
      depth: depth, first: 0)
    let earlier = times.lowerBound..<times.upperBound - 1
    let later = times.lowerBound + 1..<times.upperBound
    let isForward = direction.index == 0
    kernels.weightGradient(
      rows: n, inputs: hiddenSize, units: hiddenSize, gates: (cell.gates, cell.firstHiddenSum),
      x: output[isForward ? earlier : later],
      columns: (
        direction.index * Kernels.padded(hiddenSize),
        (direction.count - 1) * Kernels.padded(hiddenSize) + hiddenSize
      ), gradients: gradients[isForward ? later : earlier], blocks: blocks, weights: weights,
      depth: depth, first: inputColumns)
  }

  /// The gradient of the input at time step `t`, after `backwardThroughTime`; the first direction sets it, and
  /// the second one adds to it.
  ///
  /// - Parameter x: `[⌈I/V⌉][N][V]`, out.
  func inputGradient(at t: Int, rows n: Int, _ weights: LayerWeights, into x: Matrix) {
    guard times.contains(t) else { return }
    kernels.dataGradient(
      rows: n, columns: inputColumns, units: hiddenSize, gates: cell.gates,
      gradients: gradients(rows: n)[t], transposed: weights.input, adds: direction.index > 0,
      into: x)
  }

  private func stateSize(_ n: Int) -> Int { n * Kernels.padded(hiddenSize) }

  private func state(_ t: Int, _ n: Int) -> Matrix { part(state, training ? t : 0, n) }

  private func tanhState(_ t: Int, _ n: Int) -> Matrix? {
    tanhState.count > 0 ? part(tanhState, t, n) : nil
  }

  private func part(_ matrix: Matrix, _ t: Int, _ n: Int) -> Matrix {
    matrix.columns(t * stateSize(n)..<(t + 1) * stateSize(n))
  }

  private func gates(_ t: Int, _ n: Int) -> Matrix {
    gates.columns(t * 4 * stateSize(n)..<(t + 1) * 4 * stateSize(n))
  }

  private func gradients(rows n: Int) -> OperandSequence {
    OperandSequence(
      kernels.gradientsReplaceGates ? gates : gradients,
      stride: kernels.gradientSize(rows: n, units: hiddenSize), steps: steps)
  }
}

extension Matrix {
  /// Sets one of four slots `[blocks][4][V]` to zero.
  fileprivate func clear(slot: Int) {
    let lanes = Kernels.laneCount
    for start in stride(from: slot * lanes, to: count, by: 4 * lanes) {
      columns(start..<start + lanes).clear()
    }
  }
}
