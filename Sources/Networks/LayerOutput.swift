import Tensors

/// The output of a layer, of all its directions, and what the next layer sees of it, with the
/// gradient that comes back from there: of all time steps, or of those that are in memory.
final class LayerOutput {
  private let shape: ClassifierShape
  private let layer: Int
  private let kernels: Kernels
  /// The time steps of the longest sequence that there may be, which number the masks.
  private let longest: Int
  private let hidden: Matrix  // T operands [N, D H]
  // Of a layer below another one, with memory for gradients:
  private let gradient: Matrix  // [T][⌈D H/V⌉][N][V]; before, with dropout, the hidden states
  // And with dropout behind it:
  private let mask: Matrix  // [T][⌈D H/V⌉][N][V]
  private let dropped: Matrix  // T operands [N, D H]
  /// The numbers of time steps that there is memory for: T, or those of a segment and its neighbors.
  private let slots: Int
  /// True if the outputs of all time steps stay in memory.
  let isKept: Bool
  /// For each direction the time step whose memory is the first.
  private var origins: [Int]
  /// True if the last `drop` dropped anything.
  private var drops = false

  init(
    _ shape: ClassifierShape, layer: Int, _ kernels: Kernels, maximum batch: BatchShape,
    kept: KeptStates, drops: Bool
  ) throws(TensorError) {
    (self.shape, self.layer, self.kernels, longest) = (shape, layer, kernels, batch.steps)
    isKept = Self.isKept(shape, layer: layer, kept)
    slots = isKept ? batch.steps : kept.slots(of: batch.steps)
    origins = Array(repeating: 0, count: shape.directions)
    let parts = try Workspace(
      Self.sizes(shape, layer: layer, kernels, maximum: batch, kept: kept, drops: drops))
    (hidden, gradient) = (parts[0], parts[1])
    (mask, dropped) = (parts[2], parts[3])
  }

  /// True if the outputs of all time steps stay in memory: also where a layer follows that reads them
  /// from both ends.
  static func isKept(_ shape: ClassifierShape, layer: Int, _ kept: KeptStates) -> Bool {
    kept == .all || shape.isBidirectional && layer < shape.layers - 1
  }

  /// The numbers of floats of the parts of an output's memory.
  static func sizes(
    _ shape: ClassifierShape, layer: Int, _ kernels: Kernels, maximum batch: BatchShape,
    kept: KeptStates, drops: Bool
  ) -> [Int] {
    let slots =
      isKept(shape, layer: layer, kept) ? batch.steps : kept.slots(of: batch.steps)
    let columns = shape.directions * Kernels.padded(shape.hiddenSize)
    let operands = slots * kernels.operandSize(rows: batch.rows, columns: columns)
    let floats = slots * batch.rows * columns
    let passesBack = kept.areForTraining && layer < shape.layers - 1
    let masked = passesBack && drops
    return [operands, passesBack ? floats : 0, masked ? floats : 0, masked ? operands : 0]
  }

  /// Moves a direction's outputs to memory whose first time step is `origin`, unless all are kept.
  func move(direction: Int, to origin: Int) {
    if !isKept { origins[direction] = origin }
  }

  /// The hidden states `[N, D H]`, where a direction has them.
  func hidden(direction: Int, _ batch: BatchShape) -> OperandWindow {
    window(hidden, origins[direction], batch)
  }

  /// The input of the next layer `[N, D H]`.
  func passedOn(_ batch: BatchShape) -> OperandWindow {
    window(drops ? dropped : hidden, origins[0], batch)
  }

  /// The place for a direction's hidden state at time step `t` as floats `[⌈H/V⌉][N][V]`, if
  /// dropout reads it.
  func floats(at t: Int, direction: Int, _ batch: BatchShape) -> Matrix? {
    mask.count > 0 ? gradient(at: t, direction: direction, batch) : nil
  }

  /// The gradient of a direction's output at time step `t` `[⌈H/V⌉][N][V]`.
  func gradient(at t: Int, direction: Int, _ batch: BatchShape) -> Matrix {
    part(gradient, t, direction, batch.rows)
  }

  /// The place for the gradient of all directions' outputs at time step `t` `[⌈D H/V⌉][N][V]`.
  func gradient(at t: Int, _ batch: BatchShape) -> Matrix {
    gradient.columns(range(t, batch.rows))
  }

  /// Sets the next layer's input at some time steps to the hidden states times masks, or to the
  /// hidden states if nil.
  func drop(_ dropout: Dropout?, at times: Range<Int>, _ batch: BatchShape) {
    drops = dropout != nil && mask.count > 0
    guard let dropout, drops else { return }
    let (n, passed) = (batch.rows, passedOn(batch))
    let count = (shape.layers - 1) * longest * shape.directions
    for t in times {
      let running = batch.rows(at: t)
      for direction in 0..<shape.directions {
        dropout.draw(
          part(mask, t, direction, n), rows: n, running: running, units: shape.hiddenSize,
          index: (layer * longest + t) * shape.directions + direction, of: count)
      }
      kernels.packProduct(
        gradient(at: t, batch), mask.columns(range(t, n)), rows: n, running: running,
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

  private func range(_ t: Int, _ n: Int) -> Range<Int> {
    (t - origins[0]) * size(n)..<(t - origins[0] + 1) * size(n)
  }

  private func part(_ matrix: Matrix, _ t: Int, _ direction: Int, _ n: Int) -> Matrix {
    let size = n * Kernels.padded(shape.hiddenSize)
    let index = (t - origins[0]) * shape.directions + direction
    return matrix.columns(index * size..<(index + 1) * size)
  }

  private func window(_ matrix: Matrix, _ origin: Int, _ batch: BatchShape) -> OperandWindow {
    let columns = shape.directions * Kernels.padded(shape.hiddenSize)
    return OperandWindow(
      OperandSequence(
        matrix, stride: kernels.operandSize(rows: batch.rows, columns: columns),
        steps: isKept ? batch.steps : slots), origin: origin)
  }
}
