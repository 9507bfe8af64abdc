import CKernels

/// One time step of an LSTM layer of H units over N rows, its products with the cell's arithmetic:
///
///     i, f, o = σ(W x + U h + b)    g = tanh(W x + U h + b)
///     c' = f ⊙ c + i ⊙ g            h' = o ⊙ tanh(c')
///
/// Matrices with a dimension `⌈H/V⌉` or `[V]` are laid out as CKernels.h says.
extension Kernels {
  /// The forward step.
  ///
  /// - Parameters:
  ///   - x: `[N, I]`.
  ///   - previousHidden: `[N, H]`, or nil for zero.
  ///   - weights: as `packWeights` left them, or the parameters themselves.
  ///   - bias: `[⌈H/V⌉][4][V]`, `b_ih + b_hh`.
  ///   - previousCell: `[⌈H/V⌉][N][V]`, or nil for zero. It may be `cell`.
  ///   - gates: `[⌈H/V⌉][N][4][V]`, out: activated; nil where no backward step follows.
  ///   - cell: `[⌈H/V⌉][N][V]`, out.
  ///   - tanhCell: `[⌈H/V⌉][N][V]`, out: `tanh(cell)`; nil where no backward step follows.
  ///   - hidden: `[N, H]`, out.
  ///   - hiddenFloats: `[⌈H/V⌉][N][V]`, out: `hidden` before it is rounded, unless nil.
  public func lstmForward(
    rows: Int, inputs: Int, units: Int, x: Operand, previousHidden: Operand?, weights: Operand,
    bias: Matrix, previousCell: Matrix?, gates: Matrix?, cell: Matrix, tanhCell: Matrix?,
    hidden: Operand, hiddenFloats: Matrix?
  ) {
    let (padded, hiddenSize) = (Self.padded(units), operandSize(rows: rows, columns: units))
    let weightsSize =
      copiesWeights
      ? weightsSize(inputs: inputs, units: units) : (inputs + units) * 4 * padded
    precondition(
      x.count >= operandSize(rows: rows, columns: inputs)
        && previousHidden.map { $0.count >= hiddenSize } ?? true && hidden.count >= hiddenSize
        && weights.count >= weightsSize && bias.count == 4 * padded
        && [previousCell, cell, tanhCell, hiddenFloats].allSatisfy {
          $0.map { $0.count == rows * padded } ?? true
        } && gates.map { $0.count == rows * 4 * padded } ?? true,
      "shapes of an LSTM step do not fit")
    var step = lockstep_lstm_forward(
      rows: rows, inputs: inputs, units: units, x: x.pointer, h_prev: previousHidden?.pointer,
      weights: weights.pointer, bias: bias.pointer, c_prev: previousCell?.pointer,
      gates: gates?.pointer, c: cell.pointer, tanh_c: tanhCell?.pointer, h: hidden.pointer,
      h_float: hiddenFloats?.pointer)
    table.pointee.lstm_forward(&step)
  }

  /// The derivative of `lstmForward`.
  ///
  /// - Parameters:
  ///   - followingGradients: the following step's `gradients`, or nil for the last step.
  ///   - recurrent: `U`, transposed.
  ///   - hiddenGradient: `[⌈H/V⌉][N][V]`, from elsewhere than the following step, or nil for zero.
  ///   - gates, previousCell, tanhCell: as `lstmForward` left them.
  ///   - cellGradient: `[⌈H/V⌉][N][V]`, in, but for the last step: what the following step passes
  ///     back; out: what this one does.
  ///   - gradients: `[N, 4H]`, out: of `W x + U h + b`. Where `gradientsReplaceGates`, it may be `gates`.
  ///   - biasGradient: `[⌈H/V⌉][4][V]`, which the sums over the rows are added to.
  public func lstmBackward(
    rows: Int, units: Int, followingGradients: Operand?, recurrent: Operand,
    hiddenGradient: Matrix?, gates: Matrix, previousCell: Matrix?, tanhCell: Matrix,
    cellGradient: Matrix, gradients: Operand, biasGradient: Matrix
  ) {
    let (padded, size) = (Self.padded(units), gradientSize(rows: rows, units: units))
    precondition(
      followingGradients.map { $0.count >= size } ?? true && gradients.count >= size
        && recurrent.count >= transposedSize(columns: units, units: units)
        && gates.count == rows * 4 * padded && biasGradient.count == 4 * padded
        && [hiddenGradient, previousCell, tanhCell, cellGradient].allSatisfy {
          $0.map { $0.count == rows * padded } ?? true
        }, "shapes of an LSTM step do not fit")
    var step = lockstep_lstm_backward(
      rows: rows, units: units, next: followingGradients?.pointer, recurrent: recurrent.pointer,
      dh: hiddenGradient?.pointer, gates: gates.pointer, c_prev: previousCell?.pointer,
      tanh_c: tanhCell.pointer, dc: cellGradient.pointer,
      is_last: followingGradients == nil ? 1 : 0,
      gradients: gradients.pointer, bias_gradient: biasGradient.pointer)
    table.pointee.lstm_backward(&step)
  }

  /// Sets the rows from `first` on of the gradient of a layer's weights, for the units in some blocks,
  /// to the sum over time steps and rows of `x ⊗ gradients`.
  ///
  /// - Parameters:
  ///   - x: `[N, inputs]` at each time step.
  ///   - gradients: `[N, 4 units]` at each time step.
  ///   - weights: `[⌈H/V⌉][depth][4][V]`, out.
  public func weightGradient(
    rows: Int, inputs: Int, units: Int, x: OperandSequence, gradients: OperandSequence,
    blocks: Range<Int>, weights: Matrix, depth: Int, first: Int
  ) {
    precondition(
      x.steps == gradients.steps && x.stride >= operandSize(rows: rows, columns: inputs)
        && gradients.stride >= gradientSize(rows: rows, units: units) && blocks.lowerBound >= 0
        && blocks.upperBound * Self.laneCount <= Self.padded(units) && first >= 0
        && first + inputs <= depth && weights.count == depth * 4 * Self.padded(units),
      "shapes of a weight gradient do not fit")
    let size = MemoryLayout<Float>.stride
    var part = lockstep_weight_gradient(
      rows: rows, steps: x.steps, inputs: inputs, units: units, x: x.buffer.base + x.offset,
      x_stride: x.stride * size, gradients: gradients.buffer.base + gradients.offset,
      gradient_stride: gradients.stride * size, first_block: blocks.lowerBound,
      block_count: blocks.count, w: weights.pointer, depth: depth, first: first)
    table.pointee.weight_gradient(&part)
  }

  /// Sets `x` `[⌈columns/V⌉][N][V]` to the gradients `[N, 4 units]` times the transposed weights.
  public func dataGradient(
    rows: Int, columns: Int, units: Int, gradients: Operand, transposed: Operand, into x: Matrix
  ) {
    precondition(
      gradients.count >= gradientSize(rows: rows, units: units)
        && transposed.count >= transposedSize(columns: columns, units: units)
        && x.count == rows * Self.padded(columns), "shapes of a data gradient do not fit")
    table.pointee.data_gradient(
      rows, columns, units, gradients.pointer, transposed.pointer, x.pointer)
  }

  /// Sets `y` `[N, classes]`, row-major, to `W x + b`.
  ///
  /// - Parameters:
  ///   - x: `[N, inputs]`.
  ///   - weights: `[⌈classes/4V⌉][inputs][4V]`.
  ///   - bias: `[⌈classes/4V⌉][4V]`.
  public func linearForward(inputs: Int, x: Operand, weights: Matrix, bias: Matrix, into y: Matrix)
  {
    let padded = 4 * Self.padded(Self.units(forOutputs: y.columns))
    precondition(
      !copiesWeights && x.count >= operandSize(rows: y.rows, columns: inputs)
        && weights.count == inputs * padded && bias.count == padded,
      "shapes of a linear layer do not fit")
    table.pointee.linear_forward(
      y.rows, inputs, y.columns, x.pointer, weights.pointer, bias.pointer, y.pointer)
  }
}
