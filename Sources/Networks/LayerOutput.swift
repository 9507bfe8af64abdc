import Tensors

/// What a layer passes to the next one, of all its directions, with the gradient that comes back.
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
  /// Whether the last `drop` dropped anything.
  private var drops = false

  init(
    _ shape: ClassifierShape, layer: Int, _ kernels: Kernels, maximumRows n: Int, training: Bool,
    drops: Bool
  ) throws(TensorError) {
    (self.shape, self.layer, self.kernels) = (shape, layer, kernels)
    isTop = layer == shape.layers - 1
    let (columns, steps) = (shape.directions * Kernels.padded(shape.hiddenSize), shape.steps)
    let operand = kernels.operandSize(rows: n, columns: columns)
    let masked = training && drops && !isTop
    let parts = try Workspace([
      steps * operand, training ? (isTop ? 1 : steps) * n * columns : 0,
      isTop ? n * columns : masked ? steps * n * columns : 0, masked ? steps * n * columns : 0,
      masked ? steps * operand : 0,
    ])
    (hidden, gradient) = (parts[0], parts[1])
    (floats, mask, dropped) = (parts[2], parts[3], parts[4])
  }

  /// The hidden states `[N, D H]`.
  func hidden(rows n: Int) -> OperandSequence { sequence(hidden, n) }

  /// What the next layer reads `[N, D H]`.
  func passedOn(rows n: Int) -> OperandSequence { sequence(drops ? dropped : hidden, n) }

  /// What the linear layer reads `[⌈D H/V⌉][N][V]`, of the top layer.
  func read(rows n: Int) -> Matrix { floats.columns(0..<size(n)) }

  /// Where a direction's hidden state at time step `t` goes as floats `[⌈H/V⌉][N][V]`.
  func floats(at t: Int, direction: Int, rows n: Int) -> Matrix? {
    guard isTop else { return mask.count > 0 ? part(floats, t, direction, n) : nil }
    return t == timeRead(direction) ? part(floats, 0, direction, n) : nil
  }

  /// The gradient of a direction's output at time step `t` `[⌈H/V⌉][N][V]`, nil where it is zero.
  func gradient(at t: Int, direction: Int, rows n: Int) -> Matrix? {
    guard isTop else { return part(gradient, t, direction, n) }
    return t == timeRead(direction) ? part(gradient, 0, direction, n) : nil
  }

  /// The place for the gradient of all directions' outputs `[⌈D H/V⌉][N][V]`: at time step `t`, or of the top
  /// layer of what is read.
  func gradient(at t: Int = 0, rows n: Int) -> Matrix {
    gradient.columns(t * size(n)..<(t + 1) * size(n))
  }

  /// Sets what the next layer reads to the hidden states times masks, or to the hidden states if nil.
  func drop(_ dropout: Dropout?, rows n: Int) {
    drops = dropout != nil && mask.count > 0
    guard let dropout, drops else { return }
    let passed = sequence(dropped, n)
    let count = (shape.layers - 1) * shape.steps * shape.directions
    for t in 0..<shape.steps {
      for direction in 0..<shape.directions {
        dropout.draw(
          part(mask, t, direction, n), rows: n, units: shape.hiddenSize,
          index: (layer * shape.steps + t) * shape.directions + direction, of: count)
      }
      let range = t * size(n)..<(t + 1) * size(n)
      kernels.packProduct(floats.columns(range), mask.columns(range), rows: n, into: passed[t])
    }
  }

  /// Takes the gradient of what was passed on at time step `t` back to that of the hidden states.
  func dropGradient(at t: Int, rows n: Int) {
    guard drops else { return }
    gradient(at: t, rows: n).multiply(by: mask.columns(t * size(n)..<(t + 1) * size(n)))
  }

  /// The time step whose output of a direction the linear layer sees.
  private func timeRead(_ direction: Int) -> Int {
    direction == 1 && shape.readout == .final ? 0 : shape.steps - 1
  }

  private func size(_ n: Int) -> Int { n * shape.directions * Kernels.padded(shape.hiddenSize) }

  private func part(_ matrix: Matrix, _ t: Int, _ direction: Int, _ n: Int) -> Matrix {
    let size = n * Kernels.padded(shape.hiddenSize)
    let index = t * shape.directions + direction
    return matrix.columns(index * size..<(index + 1) * size)
  }

  private func sequence(_ matrix: Matrix, _ n: Int) -> OperandSequence {
    let columns = shape.directions * Kernels.padded(shape.hiddenSize)
    return OperandSequence(
      matrix, stride: kernels.operandSize(rows: n, columns: columns), steps: shape.steps)
  }
}
