import Tensors

/// The part of the top layer's output that the linear layer sees, as floats, and its gradient.
final class OutputReading {
  private let shape: ClassifierShape
  private let values: Matrix  // [⌈D H/V⌉][N][V]
  private let gradients: Matrix  // the same
  /// A direction's outputs of one time step, or their gradients; of each direction one, since the
  /// threads of a rank do not share a classifier, but its directions take turns.
  private let step: Matrix  // [D][⌈H/V⌉][N][V]
  /// The time step that each value comes from, for the readout `max`.
  private let times: Matrix  // [⌈D H/V⌉][N][V]
  /// For each direction the rows of `step` that are not zero in a backward pass.
  private var shown: [Range<Int>]

  init(
    _ shape: ClassifierShape, maximum batch: BatchShape, training: Bool
  ) throws(TensorError) {
    self.shape = shape
    let parts = try Workspace(Self.sizes(shape, maximum: batch, training: training))
    (values, gradients, step, times) = (parts[0], parts[1], parts[2], parts[3])
    shown = Array(repeating: 0..<0, count: shape.directions)
  }

  /// The numbers of floats of the parts of its memory.
  static func sizes(
    _ shape: ClassifierShape, maximum batch: BatchShape, training: Bool
  ) -> [Int] {
    let size = batch.rows * shape.directions * Kernels.padded(shape.hiddenSize)
    return [
      size, training ? size : 0, shape.readout.pools || training ? size : 0,
      shape.readout == .max && training ? size : 0,
    ]
  }

  /// The values `[⌈D H/V⌉][N][V]`.
  func values(_ batch: BatchShape) -> Matrix { all(values, batch.rows) }

  /// Their gradient, in the same shape: a place for it.
  func gradient(_ batch: BatchShape) -> Matrix { all(gradients, batch.rows) }

  // Forward: a direction begins, has a place for its output of each time step, and ends.

  /// Prepares for the outputs of a direction.
  func begin(direction: Int, _ batch: BatchShape) {
    switch shape.readout {
    case .last, .final: break
    case .mean: part(values, direction, batch.rows).clear()
    case .max: part(values, direction, batch.rows).fill(-.infinity)
    }
  }

  /// The place for a direction's output of time step `t` `[⌈H/V⌉][N][V]`, if it counts.
  func place(at t: Int, direction: Int, _ batch: BatchShape) -> Matrix? {
    if shape.readout.pools { return part(step, direction, batch.rows) }
    // In the place of a sequence that goes on, a later output follows.
    return rowsRead(at: t, direction, batch).isEmpty ? nil : part(values, direction, batch.rows)
  }

  /// Takes the output of time step `t` in, which stands in its place.
  func take(at t: Int, direction: Int, _ batch: BatchShape) {
    guard shape.readout.pools else { return }
    let n = batch.rows
    let (values, output) = (part(values, direction, n), part(step, direction, n))
    if shape.readout == .mean {
      values.add(0..<batch.rows(at: t), of: n, from: output)
    } else {
      let times = times.count > 0 ? part(times, direction, n) : nil
      values.forEachRun(0..<batch.rows(at: t), of: n) { run in
        values.columns(run).keepLarger(output.columns(run), time: t, of: times?.columns(run))
      }
    }
  }

  /// Completes the values of a direction.
  func end(direction: Int, _ batch: BatchShape) {
    if shape.readout == .mean { divideByLengths(part(values, direction, batch.rows), batch) }
  }

  // Backward: the gradient of the values becomes that of each time step's output.

  /// Prepares the gradient, which is in its place.
  func beginBackward(_ batch: BatchShape) {
    switch shape.readout {
    case .last, .final:
      if batch.lengthsDiffer { all(step, batch.rows).clear() }
      shown = Array(repeating: 0..<0, count: shape.directions)
    case .mean: divideByLengths(all(gradients, batch.rows), batch)
    case .max: break
    }
  }

  /// The gradient of a direction's output of time step `t` `[⌈H/V⌉][N][V]`, nil where it is zero:
  /// until the next call.
  func gradient(at t: Int, direction: Int, _ batch: BatchShape) -> Matrix? {
    let n = batch.rows
    let gradient = part(gradients, direction, n)
    switch shape.readout {
    case .mean: return gradient
    case .max:
      let (step, times) = (part(step, direction, n), part(times, direction, n))
      gradient.forEachRun(0..<batch.rows(at: t), of: n) { run in
        step.columns(run).set(to: gradient.columns(run), where: times.columns(run), is: t)
      }
      return step
    case .last, .final:
      let rows = rowsRead(at: t, direction, batch)
      guard !rows.isEmpty else { return nil }
      guard rows.count < n else { return gradient }
      let step = part(step, direction, n)
      step.clear(shown[direction], of: n)
      step.copy(rows, of: n, from: gradient)
      shown[direction] = rows
      return step
    }
  }

  /// The sequences of whose outputs that of time step `t` is read.
  private func rowsRead(at t: Int, _ direction: Int, _ batch: BatchShape) -> Range<Int> {
    guard direction == 1 && shape.readout == .final else { return batch.rowsEnding(at: t) }
    return t == 0 ? 0..<batch.rows : 0..<0
  }

  private func divideByLengths(_ matrix: Matrix, _ batch: BatchShape) {
    for row in 0..<batch.rows {
      matrix.forEachRun(row..<row + 1, of: batch.rows) {
        matrix.columns($0).divide(by: Float(batch.length(ofRow: row)))
      }
    }
  }

  private func all(_ matrix: Matrix, _ n: Int) -> Matrix {
    matrix.columns(0..<n * shape.directions * Kernels.padded(shape.hiddenSize))
  }

  private func part(_ matrix: Matrix, _ direction: Int, _ n: Int) -> Matrix {
    let size = n * Kernels.padded(shape.hiddenSize)
    return matrix.columns(direction * size..<(direction + 1) * size)
  }
}
