import Tensors

/// The output of a layer, of all its directions, and what the next layer sees of it, with the
/// gradient that comes back from there.
final class LayerOutput {
  private let shape: ClassifierShape
  private let layer: Int
  private let kernels: Kernels
  /// The time steps of the longest sequence that there may be, which number the masks.
  private let longest: Int
  private let hidden: Matrix  // T operands [N, D H]
  // Of a layer below another one, with memory for gradients:
  private let gradient: Matrix  // [T][⌈D H/V⌉][N][V]
  // And with dropout behind it:
  private let floats: Matrix  // [T][⌈D H/V⌉][N][V]
  private let mask: Matrix  // [T][⌈D H/V⌉][N][V]
  private let dropped: Matrix  // T operands [N, D H]
  /// True if the last `drop` dropped anything.
  private var drops = false

  init(
    _ shape: ClassifierShape, layer: Int, _ kernels: Kernels, maximum batch: BatchShape,
    training: Bool, drops: Bool
  ) throws(TensorError) {
    (self.shape, self.layer, self.kernels, longest) = (shape, layer, kernels, batch.steps)
    let parts = try Workspace(
      Self.sizes(shape, layer: layer, kernels, maximum: batch, training: training, drops: drops))
    (hidden, gradient) = (parts[0], parts[1])
    (floats, mask, dropped) = (parts[2], parts[3], parts[4])
  }

  /// The numbers of floats of the parts of an output's memory.
  static func sizes(
    _ shape: ClassifierShape, layer: Int, _ kernels: Kernels, maximum batch: BatchShape,
    training: Bool, drops: Bool
  ) -> [Int] {
    let columns = shape.directions * Kernels.padded(shape.hiddenSize)
    let operands = batch.steps * kernels.operandSize(rows: batch.rows, columns: columns)
    let floats = batch.steps * batch.rows * columns
    let passesBack = training && layer < shape.layers - 1
    let masked = passesBack && drops
    return [
      operands, passesBack ? floats : 0, masked ? floats : 0, masked ? floats : 0,
      masked ? operands : 0,
    ]
  }

  /// The hidden states `[N, D H]`.
  func hidden(_ batch: BatchShape) -> OperandSequence { sequence(hidden, batch) }

  /// The input of the next layer `[N, D H]`.
  func passedOn(_ batch: BatchShape) -> OperandSequence {
    sequence(drops ? dropped : hidden, batch)
  }

  /// The place for a direction's hidden state at time step `t` as floats `[⌈H/V⌉][N][V]`, if
  /// dropout reads it.
  func floats(at t: Int, direction: Int, _ batch: BatchShape) -> Matrix? {
    mask.count > 0 ? part(floats, t, direction, batch.rows) : nil
  }

  /// The gradient of a direction's output at time step `t` `[⌈H/V⌉][N][V]`.
  func gradient(at t: Int, direction: Int, _ batch: BatchShape) -> Matrix {
    part(gradient, t, direction, batch.rows)
  }

  /// The place for the gradient of all directions' outputs at time step `t` `[⌈D H/V⌉][N][V]`.
  func gradient(at t: Int, _ batch: BatchShape) -> Matrix {
    gradient.columns(range(t, batch.rows))
  }

  /// Sets the next layer's input to the hidden states times masks, or to the hidden states if nil.
  func drop(_ dropout: Dropout?, _ batch: BatchShape) {
    drops = dropout != nil && mask.count > 0
    guard let dropout, drops else { return }
    let (n, passed) = (batch.rows, sequence(dropped, batch))
    let count = (shape.layers - 1) * longest * shape.directions
    for t in 0..<batch.steps {
      let running = batch.rows(at: t)
      for direction in 0..<shape.directions {
        dropout.draw(
          part(mask, t, direction, n), rows: n, running: running, units: shape.hiddenSize,
          index: (layer * longest + t) * shape.directions + direction, of: count)
      }
      kernels.packProduct(
        floats.columns(range(t, n)), mask.columns(range(t, n)), rows: n, running: running,
        into: passed[t])
    }
  }

  /// Takes the gradient of the next layer's input at time step `t` back to that of the hidden
  /// states.
  func dropGradient(at t: Int, _ batch: BatchShape) {
    guard drops else { return }
    gradient(at: t, batch).multiply(by: mask.columns(range(t, batch.rows)))
  }

  private func size(_ n: Int) -> Int { n * shape.directions * Kernels.padded(shape.hiddenSize) }

  private func range(_ t: Int, _ n: Int) -> Range<Int> { t * size(n)..<(t + 1) * size(n) }

  private func part(_ matrix: Matrix, _ t: Int, _ direction: Int, _ n: Int) -> Matrix {
    let size = n * Kernels.padded(shape.hiddenSize)
    let index = t * shape.directions + direction
    return matrix.columns(index * size..<(index + 1) * size)
  }

  private func sequence(_ matrix: Matrix, _ batch: BatchShape) -> OperandSequence {
    let columns = shape.directions * Kernels.padded(shape.hiddenSize)
    return OperandSequence(
      matrix, stride: kernels.operandSize(rows: batch.rows, columns: columns), steps: batch.steps)
  }
}
