import Tensors

/// One LSTM layer over T time steps of up to N rows: `torch.nn.LSTM`'s cell with zero initial state, as
/// `Kernels.lstmForward` has it. It keeps what backpropagation through time needs.
///
/// All its memory is time-major, and packed for the N of the present minibatch.
final class LSTMLayer {
  private let steps: Int
  private let inputSize: Int
  private let hiddenSize: Int
  private let kernels: Kernels
  private let training: Bool
  private let gates: Matrix  // [T][⌈H/V⌉][N][4][V]
  private let cell: Matrix  // [T][⌈H/V⌉][N][V]; without training, that of the present step
  private let tanhCell: Matrix  // [T][⌈H/V⌉][N][V]
  private let hidden: Matrix  // T operands [N, H]
  private let hiddenFloats: Matrix  // [⌈H/V⌉][N][V], of the last step, where operands are rounded
  private let gradients: Matrix  // T gradient operands [N, 4H], unless they replace the gates
  private let outputGradient: Matrix  // [T][⌈H/V⌉][N][V]
  private let cellGradient: Matrix  // [⌈H/V⌉][N][V]

  init(
    _ shape: ClassifierShape, layer: Int, _ kernels: Kernels, maximumRows n: Int, training: Bool
  ) throws(TensorError) {
    (steps, inputSize) = (shape.steps, shape.inputSize(ofLayer: layer))
    (hiddenSize, self.kernels, self.training) = (shape.hiddenSize, kernels, training)
    let state = n * Kernels.padded(hiddenSize)
    let trained = training ? steps * state : 0
    let operand = kernels.operandSize(rows: n, columns: hiddenSize)
    let gradient = kernels.gradientSize(rows: n, units: hiddenSize)
    let parts = try BufferParts([
      4 * trained, training ? steps * state : state, trained, steps * operand,
      kernels.precision == .float32 ? 0 : state,
      kernels.gradientsReplaceGates || !training ? 0 : steps * gradient, trained,
      training ? state : 0,
    ])
    (gates, cell, tanhCell, hidden) = (parts[0], parts[1], parts[2], parts[3])
    (hiddenFloats, gradients) = (parts[4], parts[5])
    (outputGradient, cellGradient) = (parts[6], parts[7])
  }

  /// The hidden states `[N, H]` of the last `forward`.
  func output(rows n: Int) -> OperandSequence {
    OperandSequence(
      hidden, stride: kernels.operandSize(rows: n, columns: hiddenSize), steps: steps)
  }

  /// The last hidden state `[⌈H/V⌉][N][V]`, not rounded.
  func lastOutput(rows n: Int) -> Operand {
    kernels.precision == .float32
      ? output(rows: n)[steps - 1] : Operand(hiddenFloats.columns(0..<stateSize(n)))
  }

  /// The place for the gradient of the output at time step `t`, `[⌈H/V⌉][N][V]`.
  func outputGradient(at t: Int, rows n: Int) -> Matrix { state(outputGradient, t, n) }

  /// Runs the layer over `input` `[N, I]` at each time step.
  func forward(_ input: OperandSequence, rows n: Int, _ weights: LSTMWeights) {
    let output = output(rows: n)
    for t in 0..<steps {
      kernels.lstmForward(
        rows: n, inputs: inputSize, units: hiddenSize, x: input[t],
        previousHidden: t == 0 ? nil : output[t - 1], weights: weights.forward,
        bias: weights.bias, previousCell: t == 0 ? nil : cell(t - 1, n),
        gates: training ? gates(t, n) : nil, cell: cell(t, n),
        tanhCell: training ? state(tanhCell, t, n) : nil, hidden: output[t],
        hiddenFloats: hiddenFloats.count > 0 && t == steps - 1
          ? hiddenFloats.columns(0..<stateSize(n)) : nil)
    }
  }

  /// Backpropagation through time, after `forward`: leaves the gradients of the gates' sums.
  ///
  /// - Parameters:
  ///   - hasGradientAtEveryStep: whether `outputGradient` is set for all time steps, as by a layer
  ///     above, or only for the last, as by the linear layer.
  ///   - biasGradient: `[⌈H/V⌉][4][V]`, out.
  func backwardThroughTime(
    rows n: Int, _ weights: LSTMWeights, hasGradientAtEveryStep: Bool, biasGradient: Matrix
  ) {
    let gradients = gradients(rows: n)
    biasGradient.clear()
    for t in (0..<steps).reversed() {
      let isLast = t == steps - 1
      kernels.lstmBackward(
        rows: n, units: hiddenSize, followingGradients: isLast ? nil : gradients[t + 1],
        recurrent: weights.recurrent,
        hiddenGradient: isLast || hasGradientAtEveryStep ? outputGradient(at: t, rows: n) : nil,
        gates: gates(t, n), previousCell: t == 0 ? nil : cell(t - 1, n),
        tanhCell: state(tanhCell, t, n), cellGradient: cellGradient.columns(0..<stateSize(n)),
        gradients: gradients[t], biasGradient: biasGradient)
    }
  }

  /// The gradients of the weights of some blocks of units, after `backwardThroughTime`.
  ///
  /// - Parameters:
  ///   - input: that of `forward`.
  ///   - weights: `[⌈H/V⌉][I + H][4][V]`, out.
  func weightGradients(
    _ input: OperandSequence, rows n: Int, blocks: Range<Int>, into weights: Matrix
  ) {
    let gradients = gradients(rows: n)
    let depth = inputSize + hiddenSize
    kernels.weightGradient(
      rows: n, inputs: inputSize, units: hiddenSize, x: input, gradients: gradients,
      blocks: blocks, weights: weights, depth: depth, first: 0)
    kernels.weightGradient(
      rows: n, inputs: hiddenSize, units: hiddenSize, x: output(rows: n)[0..<steps - 1],
      gradients: gradients[1..<steps], blocks: blocks, weights: weights, depth: depth,
      first: inputSize)
  }

  /// The gradient of the input at time step `t`, after `backwardThroughTime`.
  ///
  /// - Parameter x: `[⌈I/V⌉][N][V]`, out.
  func inputGradient(at t: Int, rows n: Int, _ weights: LSTMWeights, into x: Matrix) {
    kernels.dataGradient(
      rows: n, columns: inputSize, units: hiddenSize, gradients: gradients(rows: n)[t],
      transposed: weights.input, into: x)
  }

  private func stateSize(_ n: Int) -> Int { n * Kernels.padded(hiddenSize) }

  private func state(_ matrix: Matrix, _ t: Int, _ n: Int) -> Matrix {
    matrix.columns(t * stateSize(n)..<(t + 1) * stateSize(n))
  }

  private func cell(_ t: Int, _ n: Int) -> Matrix { state(cell, training ? t : 0, n) }

  private func gates(_ t: Int, _ n: Int) -> Matrix {
    gates.columns(t * 4 * stateSize(n)..<(t + 1) * 4 * stateSize(n))
  }

  private func gradients(rows n: Int) -> OperandSequence {
    OperandSequence(
      kernels.gradientsReplaceGates ? gates : gradients,
      stride: kernels.gradientSize(rows: n, units: hiddenSize), steps: steps)
  }
}
