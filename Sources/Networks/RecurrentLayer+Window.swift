import Tensors

// The window of time steps that is in memory, where those are not all.
extension RecurrentLayer {
  /// The windows, in this direction's order.
  func windows(_ batch: BatchShape) -> [Range<Int>] { kept.windows(order(batch)) }

  /// Goes on to the next window, for `forward`, with the state before it.
  ///
  /// - Parameters:
  ///   - number: that of the window, from 0.
  ///   - hidden: the layer's output as it was and as it will be, unless all of that is kept.
  func goOn(
    to window: Range<Int>, number: Int, _ batch: BatchShape,
    hidden: (from: OperandWindow, to: OperandWindow)?
  ) {
    let before = order(batch).time(beforeAll: window)
    let state = before.map { cellState(at: $0, rows: batch.rows) }
    origin = kept.origin(of: window)
    guard let before, let state else { return }
    if let hidden { hidden.to[before].copy(from: hidden.from[before]) }
    guard kept == .segments else { return }
    cellState(at: before, rows: batch.rows).copy(from: state)
    keptCellState(number, batch).copy(from: state)
    if let hidden { keptHidden(number, batch).copy(from: hidden.to[before]) }
  }

  /// Goes back to the window before the present one, to compute it again, with the state before it
  /// and the gradient from behind it.
  ///
  /// - Parameters:
  ///   - number: as in `goOn`.
  ///   - hidden: the layer's output as it will be, unless all of that is kept.
  func goBack(to window: Range<Int>, number: Int, _ batch: BatchShape, hidden: OperandWindow?) {
    let after = order(batch).time(afterAll: window)
    let following = after.map { gradients(batch)[$0] }
    origin = kept.origin(of: window)
    if let after, let following { gradients(batch)[after].copy(from: following) }
    guard let before = order(batch).time(beforeAll: window) else { return }
    cellState(at: before, rows: batch.rows).copy(from: keptCellState(number, batch))
    hidden?[before].copy(from: keptHidden(number, batch))
  }

  private func keptCellState(_ window: Int, _ batch: BatchShape) -> Matrix {
    let size = stateSize(rows: batch.rows)
    return keptCellStates.columns((window - 1) * size..<window * size)
  }

  private func keptHidden(_ window: Int, _ batch: BatchShape) -> Operand {
    let size = kernels.operandSize(
      rows: batch.rows, columns: shape.directions * shape.paddedUnits)
    return Operand(keptHiddens.columns((window - 1) * size..<window * size))
  }
}
