import Tensors

/// The output of a layer, of all its directions, with the gradient that comes back from the next
/// one.
final class LayerOutput {
  private let shape: ClassifierShape
  private let layer: Int
  private let kernels: Kernels
  private let hidden: Matrix  // T operands [N, D H]
  // [T][⌈D H/V⌉][N][V]; of the top layer, of what the linear layer sees alone
  private let gradient: Matrix
  // Of a layer with dropout behind it:
  private let floats: Matrix  // [T][⌈D H/V⌉][N][V]
  private let mask: Matrix  // [T][⌈D H/V⌉][N][V]
  private let dropped: Matrix  // T operands [N, D H]
  private let isTop: Bool
  /// True if the last `drop` dropped anything.
  private var drops = false

  init(
    _ shape: ClassifierShape, layer: Int, _ kernels: Kernels, maximum batch: BatchShape,
    training: Bool, drops: Bool
  ) throws(TensorError) {
    (self.shape, self.layer, self.kernels) = (shape, layer, kernels)
    isTop = layer == shape.layers - 1
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
    let (n, steps, isTop) = (batch.rows, batch.steps, layer == shape.layers - 1)
    let columns = shape.directions * Kernels.padded(shape.hiddenSize)
    let operand = kernels.operandSize(rows: n, columns: columns)
    let masked = training && drops && !isTop
    return [
      steps * operand, training ? (isTop ? 1 : steps) * n * columns : 0,
      isTop ? n * columns : masked ? steps * n * columns : 0, masked ? steps * n * columns : 0,
      masked ? steps * operand : 0,
    ]
  }

  /// The hidden states `[N, D H]`.
  func hidden(_ batch: BatchShape) -> OperandSequence { sequence(hidden, batch) }

  /// The input of the next layer `[N, D H]`.
  func passedOn(_ batch: BatchShape) -> OperandSequence {
    sequence(drops ? dropped : hidden, batch)
  }

  /// The input of the linear layer `[⌈D H/V⌉][N][V]`, of the top layer.
  func read(_ batch: BatchShape) -> Matrix { floats.columns(0..<size(batch.rows)) }

  /// The place for a direction's hidden state at time step `t` as floats `[⌈H/V⌉][N][V]`.
  func floats(at t: Int, direction: Int, _ batch: BatchShape) -> Matrix? {
    guard isTop else { return mask.count > 0 ? part(floats, t, direction, batch.rows) : nil }
    return t == timeRead(direction, batch) ? part(floats, 0, direction, batch.rows) : nil
  }

  /// The gradient of a direction's output at time step `t` `[⌈H/V⌉][N][V]`, nil where it is zero.
  func gradient(at t: Int, direction: Int, _ batch: BatchShape) -> Matrix? {
    guard isTop else { return part(gradient, t, direction, batch.rows) }
    return t == timeRead(direction, batch) ? part(gradient, 0, direction, batch.rows) : nil
  }

  /// The place for the gradient of all directions' outputs `[⌈D H/V⌉][N][V]`: at time step `t`, or
  /// of the top layer of what is read.
  func gradient(at t: Int = 0, _ batch: BatchShape) -> Matrix {
    gradient.columns(range(t, batch.rows))
  }

  /// Sets the next layer's input to the hidden states times masks, or to the hidden states if nil.
  func drop(_ dropout: Dropout?, _ batch: BatchShape) {
    drops = dropout != nil && mask.count > 0
    guard let dropout, drops else { return }
    let (n, passed) = (batch.rows, sequence(dropped, batch))
    let count = (shape.layers - 1) * batch.steps * shape.directions
    for t in 0..<batch.steps {
      for direction in 0..<shape.directions {
        dropout.draw(
          part(mask, t, direction, n), rows: n, units: shape.hiddenSize,
          index: (layer * batch.steps + t) * shape.directions + direction, of: count)
      }
      kernels.packProduct(
        floats.columns(range(t, n)), mask.columns(range(t, n)), rows: n, into: passed[t])
    }
  }

  /// Takes the gradient of the next layer's input at time step `t` back to that of the hidden
  /// states.
  func dropGradient(at t: Int, _ batch: BatchShape) {
    guard drops else { return }
    gradient(at: t, batch).multiply(by: mask.columns(range(t, batch.rows)))
  }

  /// The time step whose output of a direction the linear layer sees.
  private func timeRead(_ direction: Int, _ batch: BatchShape) -> Int {
    direction == 1 && shape.readout == .final ? 0 : batch.steps - 1
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
