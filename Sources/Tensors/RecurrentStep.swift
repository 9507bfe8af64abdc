import CKernels

/// One time step of a recurrent layer of H units over N rows, its products with the cell's arithmetic; and the
/// gradients that follow.
///
/// Matrices with a dimension `⌈H/V⌉` or `[V]` are laid out as CKernels.h says; G is the cell's `gates`.
extension Kernels {
  /// The forward step.
  ///
  /// - Parameters:
  ///   - x: `[N, I]`.
  ///   - previousHidden: like `hidden`, or nil for zero.
  ///   - weights: as `packWeights` left them, or the parameters themselves.
  ///   - bias: `[⌈H/V⌉][4][V]`, the sum of both.
  ///   - peepholes: `[⌈H/V⌉][3][V]`, of a cell that has them; else empty.
  ///   - previousState: `[⌈H/V⌉][N][V]`, or nil for zero. It may be `state`.
  ///   - gates: `[⌈H/V⌉][N][4][V]`, out: activated; nil where no backward step follows.
  ///   - state: `[⌈H/V⌉][N][V]`, out: the cell state, or a GRU's hidden state.
  ///   - tanhState: `[⌈H/V⌉][N][V]`, out; nil where no backward step follows, or a cell does not keep it.
  ///   - hidden: `[N, D H]`, out: the blocks of one of D directions.
  ///   - direction: which, of how many.
  ///   - hiddenFloats: `[⌈H/V⌉][N][V]`, out: `hidden` before it is rounded, unless nil.
  package func forward(
    _ cell: Cell, rows: Int, inputs: Int, units: Int, x: Operand, previousHidden: Operand?,
    weights: Operand, bias: Matrix, peepholes: Matrix, previousState: Matrix?, gates: Matrix?,
    state: Matrix, tanhState: Matrix?, hidden: Operand,
    direction: (index: Int, count: Int) = (0, 1),
    hiddenFloats: Matrix?
  ) {
    let padded = Self.padded(units)
    let hiddenSize = operandSize(rows: rows, columns: direction.count * padded)
    let weightsSize =
      copiesWeights
      ? weightsSize(cell, inputs: inputs, units: units) : (inputs + units) * cell.gates * padded
    precondition(
      x.count >= operandSize(rows: rows, columns: inputs)
        && previousHidden.map { $0.count >= hiddenSize } ?? true && hidden.count >= hiddenSize
        && weights.count >= weightsSize && bias.count == 4 * padded
        && peepholes.count == cell.peepholes.count * padded
        && direction.index < direction.count
        && [previousState, state, tanhState, hiddenFloats].allSatisfy {
          $0.map { $0.count == rows * padded } ?? true
        } && gates.map { $0.count == rows * 4 * padded } ?? true,
      "shapes of a recurrent step do not fit")
    let blocks = padded / Self.laneCount
    var step = lockstep_cell_forward(
      rows: rows, inputs: inputs, units: units, x: x.pointer, h_prev: previousHidden?.pointer,
      weights: weights.pointer, bias: bias.pointer, peepholes: peepholes.pointer,
      state_prev: previousState?.pointer, gates: gates?.pointer, state: state.pointer,
      tanh_c: tanhState?.pointer, h: hidden.pointer, h_blocks: direction.count * blocks,
      h_first: direction.index * blocks, h_float: hiddenFloats?.pointer)
    cell.kernels(table).forward(&step)
  }

  /// The derivative of `forward`.
  ///
  /// - Parameters:
  ///   - followingGradients: the following step's `gradients`, or nil for the last step.
  ///   - recurrent: `U`, transposed.
  ///   - hiddenGradient: `[⌈H/V⌉][N][V]`, from elsewhere than the following step, or nil for zero.
  ///   - peepholes, gates, previousState, state, tanhState: as `forward` had and left them.
  ///   - stateGradient: `[⌈H/V⌉][N][V]`, in, but for the last step: what the following step passes
  ///     back; out: what this one does.
  ///   - gradients: `[N, 4H]`, out: of the four sums. Where `gradientsReplaceGates`, it may be `gates`.
  ///   - biasGradient: `[⌈H/V⌉][4][V]`, which the sums over the rows are added to.
  ///   - peepholeGradient: like `peepholes`, likewise.
  package func backward(
    _ cell: Cell, rows: Int, units: Int, followingGradients: Operand?, recurrent: Operand,
    hiddenGradient: Matrix?, peepholes: Matrix, gates: Matrix, previousState: Matrix?,
    state: Matrix,
    tanhState: Matrix?, stateGradient: Matrix, gradients: Operand, biasGradient: Matrix,
    peepholeGradient: Matrix
  ) {
    let (padded, size) = (Self.padded(units), gradientSize(rows: rows, units: units))
    precondition(
      followingGradients.map { $0.count >= size } ?? true && gradients.count >= size
        && recurrent.count >= transposedSize(gates: cell.gates, columns: units, units: units)
        && gates.count == rows * 4 * padded && biasGradient.count == 4 * padded
        && peepholes.count == cell.peepholes.count * padded
        && peepholeGradient.count == peepholes.count && (tanhState != nil || !cell.keepsTanh)
        && [hiddenGradient, previousState, state, tanhState, stateGradient].allSatisfy {
          $0.map { $0.count == rows * padded } ?? true
        }, "shapes of a recurrent step do not fit")
    var step = lockstep_cell_backward(
      rows: rows, units: units, next: followingGradients?.pointer, recurrent: recurrent.pointer,
      dh: hiddenGradient?.pointer, peepholes: peepholes.pointer, gates: gates.pointer,
      state_prev: previousState?.pointer, state: state.pointer, tanh_c: tanhState?.pointer,
      dstate: stateGradient.pointer, is_last: followingGradients == nil ? 1 : 0,
      gradients: gradients.pointer, bias_gradient: biasGradient.pointer,
      peephole_gradient: peepholeGradient.pointer)
    cell.kernels(table).backward(&step)
  }

  /// Sets the rows from `first` on of the gradient of a layer's weights, for the units in some blocks,
  /// to the sum over time steps and rows of `x ⊗ gradients`.
  ///
  /// - Parameters:
  ///   - gates: G, and the first of the four sums whose gradients they are.
  ///   - x: operands of `columns` columns at each time step, of which the `inputs` from a block's first on
  ///     are meant.
  ///   - gradients: `[N, 4 units]` at each time step.
  ///   - weights: `[⌈H/V⌉][depth][G][V]`, out.
  package func weightGradient(
    rows: Int, inputs: Int, units: Int, gates: (count: Int, firstSum: Int) = (4, 0),
    x: OperandSequence, columns: (first: Int, count: Int), gradients: OperandSequence,
    blocks: Range<Int>, weights: Matrix, depth: Int, first: Int
  ) {
    precondition(
      x.steps == gradients.steps && x.stride >= operandSize(rows: rows, columns: columns.count)
        && columns.first % Self.laneCount == 0 && columns.first + inputs <= columns.count
        && gradients.stride >= gradientSize(rows: rows, units: units) && blocks.lowerBound >= 0
        && gates.firstSum + gates.count <= 4
        && blocks.upperBound * Self.laneCount <= Self.padded(units) && first >= 0
        && first + inputs <= depth && weights.count == depth * gates.count * Self.padded(units),
      "shapes of a weight gradient do not fit")
    let size = MemoryLayout<Float>.stride
    var part = lockstep_weight_gradient(
      rows: rows, steps: x.steps, inputs: inputs, units: units, gates: gates.count,
      first_gate: gates.firstSum, x: x.buffer.base + x.offset,
      x_blocks: Self.padded(columns.count) / Self.laneCount,
      x_first: columns.first / Self.laneCount, x_stride: x.stride * size,
      gradients: gradients.buffer.base + gradients.offset,
      gradient_stride: gradients.stride * size, first_block: blocks.lowerBound,
      block_count: blocks.count, w: weights.pointer, depth: depth, first: first)
    table.pointee.weight_gradient(&part)
  }

  /// Sets `x` `[⌈columns/V⌉][N][V]` to the gradients `[N, 4 units]` times the transposed weights of `gates`
  /// gates, or adds that.
  package func dataGradient(
    rows: Int, columns: Int, units: Int, gates: Int = 4, gradients: Operand, transposed: Operand,
    adds: Bool = false, into x: Matrix
  ) {
    precondition(
      gradients.count >= gradientSize(rows: rows, units: units)
        && transposed.count >= transposedSize(gates: gates, columns: columns, units: units)
        && x.count == rows * Self.padded(columns), "shapes of a data gradient do not fit")
    var part = lockstep_data_gradient(
      rows: rows, columns: columns, units: units, gates: gates, gradients: gradients.pointer,
      transposed: transposed.pointer, adds: adds ? 1 : 0, dx: x.pointer)
    table.pointee.data_gradient(&part)
  }

  /// Sets `y` `[N, classes]`, row-major, to `W x + b`.
  ///
  /// - Parameters:
  ///   - x: `[N, inputs]`.
  ///   - weights: `[⌈classes/4V⌉][inputs][4V]`.
  ///   - bias: `[⌈classes/4V⌉][4V]`.
  package func linearForward(inputs: Int, x: Operand, weights: Matrix, bias: Matrix, into y: Matrix)
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
