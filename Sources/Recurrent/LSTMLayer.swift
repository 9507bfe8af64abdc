import Tensors

/// The parameters of one LSTM layer, or their gradients, as views of an arena.
struct LSTMParameters {
  /// `[4H, I]`, PyTorch's `weight_ih`.
  let inputWeight: Matrix
  /// `[4H, H]`, PyTorch's `weight_hh`.
  let hiddenWeight: Matrix
  /// `[1, 4H]`, PyTorch's `bias_ih`.
  let inputBias: Matrix
  /// `[1, 4H]`, PyTorch's `bias_hh`.
  let hiddenBias: Matrix

  init(_ arena: Arena, layer: Int) {
    let entries = arena.layout.entries(ofLayer: layer)
    inputWeight = arena.matrix(entries[0])
    hiddenWeight = arena.matrix(entries[1])
    inputBias = arena.matrix(entries[2])
    hiddenBias = arena.matrix(entries[3])
  }
}

/// One LSTM layer over T time steps of up to N rows: `torch.nn.LSTM`'s cell with zero initial state.
///
///     i, f, o = σ(W x + b_ih + U h + b_hh)     g = tanh(W x + b_ih + U h + b_hh)
///     c' = f ⊙ c + i ⊙ g                       h' = o ⊙ tanh(c')
///
/// It keeps what backpropagation through time needs. All its matrices are time-major, so that the
/// rows of time step t are `t * N ..< (t + 1) * N` for the N of the present minibatch.
final class LSTMLayer {
  private let steps: Int
  private let inputSize: Int
  private let hiddenSize: Int
  private let gates: AlignedBuffer<Float>  // [T, N, 4H]
  private let cell: AlignedBuffer<Float>  // [T, N, H]
  private let tanhCell: AlignedBuffer<Float>  // [T, N, H]
  private let hidden: AlignedBuffer<Float>  // [T, N, H]
  private let bias: Matrix  // [1, 4H]
  private let outputGradient: AlignedBuffer<Float>  // [T, N, H]
  private let cellGradient: AlignedBuffer<Float>  // [N, H]

  init(
    steps: Int, inputSize: Int, hiddenSize: Int, maximumRows: Int, training: Bool
  ) throws(TensorError) {
    self.steps = steps
    self.inputSize = inputSize
    self.hiddenSize = hiddenSize
    let size = steps * maximumRows * hiddenSize
    gates = try AlignedBuffer(count: 4 * size)
    cell = try AlignedBuffer(count: size)
    tanhCell = try AlignedBuffer(count: size)
    hidden = try AlignedBuffer(count: size)
    bias = try AlignedBuffer(count: 4 * hiddenSize).matrix(1, 4 * hiddenSize)
    outputGradient = try AlignedBuffer(count: training ? size : 0)
    cellGradient = try AlignedBuffer(count: training ? maximumRows * hiddenSize : 0)
  }

  /// The hidden states `[T * N, H]` of the last `forward`.
  func output(rows n: Int) -> Matrix { hidden.matrix(steps * n, hiddenSize) }

  /// The place for the gradient of `output`, `[T * N, H]`.
  func outputGradient(rows n: Int) -> Matrix { outputGradient.matrix(steps * n, hiddenSize) }

  /// Runs the layer over `input` `[T * N, I]`.
  func forward(
    _ input: Matrix, rows n: Int, _ parameters: LSTMParameters, _ products: MatrixProducts
  ) throws(TensorError) {
    let gates = gates.matrix(steps * n, 4 * hiddenSize)
    let (cell, tanhCell) = (
      cell.matrix(steps * n, hiddenSize), tanhCell.matrix(steps * n, hiddenSize)
    )
    let hidden = output(rows: n)
    bias.setToSum(parameters.inputBias, parameters.hiddenBias)
    try products.multiply(
      input, by: parameters.inputWeight, transposingRight: true, into: gates)
    for t in 0..<steps {
      let now = t * n..<(t + 1) * n
      let before = t == 0 ? nil : (t - 1) * n..<t * n
      if let before {
        try products.multiply(
          hidden.rows(before), by: parameters.hiddenWeight, transposingRight: true,
          into: gates.rows(now), adding: true)
      }
      LSTMGates.forward(
        gates.rows(now), bias: bias, previousCell: before.map(cell.rows), cell: cell.rows(now),
        tanhCell: tanhCell.rows(now), hidden: hidden.rows(now))
    }
  }

  /// Backpropagation through time, after `forward` on the same input.
  ///
  /// - Parameters:
  ///   - hasGradientAtEveryStep: whether `outputGradient` is set for all time steps, as by a layer
  ///     above, or only for the last, as by the linear layer.
  ///   - gradients: out.
  ///   - inputGradient: `[T * N, I]`, out, unless nil.
  func backward(
    _ input: Matrix, rows n: Int, _ parameters: LSTMParameters, _ products: MatrixProducts,
    hasGradientAtEveryStep: Bool, into gradients: LSTMParameters, inputGradient: Matrix?
  ) throws(TensorError) {
    let gates = gates.matrix(steps * n, 4 * hiddenSize)
    let (cell, tanhCell) = (
      cell.matrix(steps * n, hiddenSize), tanhCell.matrix(steps * n, hiddenSize)
    )
    let outputGradient = outputGradient(rows: n)
    let cellGradient = cellGradient.matrix(n, hiddenSize)
    cellGradient.clear()
    for t in (0..<steps).reversed() {
      let now = t * n..<(t + 1) * n
      let before = t == 0 ? nil : (t - 1) * n..<t * n
      LSTMGates.backward(
        gates.rows(now), previousCell: before.map(cell.rows), tanhCell: tanhCell.rows(now),
        hiddenGradient: outputGradient.rows(now), cellGradient: cellGradient)
      if let before {
        try products.multiply(
          gates.rows(now), by: parameters.hiddenWeight, into: outputGradient.rows(before),
          adding: hasGradientAtEveryStep)
      }
    }
    // `gates` now holds the gradient of W x + U h + b at all time steps.
    try products.multiply(
      gates, transposingLeft: true, by: input, into: gradients.inputWeight)
    try products.multiply(
      gates.rows(n..<steps * n), transposingLeft: true,
      by: output(rows: n).rows(0..<(steps - 1) * n), into: gradients.hiddenWeight)
    gradients.inputBias.setToColumnSums(of: gates)
    gradients.hiddenBias.copy(from: gradients.inputBias)
    if let inputGradient {
      try products.multiply(gates, by: parameters.inputWeight, into: inputGradient)
    }
  }
}
