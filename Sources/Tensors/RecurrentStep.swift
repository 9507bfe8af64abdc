import CKernels

// One time step of a recurrent layer of H units over N rows, its products with the cell's
// arithmetic.
//
// CKernels.h explains layouts with a dimension `⌈H/V⌉` or `[V]`. D is the number of directions, and
// G the number of the cell's gates. No function here allocates: the kernels run at each time step.

/// The sizes of one direction of a recurrent layer.
package struct LayerShape: Sendable {
  /// The kind of the units.
  package let cell: Cell
  /// I, the columns of the input.
  package let inputs: Int
  /// H.
  package let units: Int
  /// The number of this direction, from 0, and D.
  package let direction: Int, directions: Int

  /// A layer of `units` units.
  package init(_ cell: Cell, inputs: Int, units: Int, direction: Int = 0, directions: Int = 1) {
    precondition(0 <= direction && direction < directions, "no such direction")
    (self.cell, self.inputs, self.units) = (cell, inputs, units)
    (self.direction, self.directions) = (direction, directions)
  }

  /// H, filled up to whole vectors.
  package var paddedUnits: Int { Kernels.padded(units) }
}

/// The weights of one direction of a recurrent layer, as its products read them.
package struct RecurrentWeights: Sendable {
  /// W and U: as `Kernels.packWeights` left them, or the parameters `[⌈H/V⌉][I + H][G][V]`.
  package var forward: Operand
  /// `[⌈H/V⌉][4][V]`: b_ih + b_hh.
  package var bias: Matrix
  /// `[⌈H/V⌉][3][V]` of a cell that has them; otherwise empty.
  package var peepholes: Matrix
  /// U transposed, for the backward step; otherwise empty.
  package var recurrent: Operand
  /// W transposed, for the gradient of the input; otherwise empty.
  package var input: Operand

  /// The weights of a forward step; without those of a backward step if they are left out.
  package init(
    forward: Operand, bias: Matrix, peepholes: Matrix, recurrent: Operand? = nil,
    input: Operand? = nil
  ) {
    let none = Operand(bias.columns(0..<0))
    (self.forward, self.bias, self.peepholes) = (forward, bias, peepholes)
    (self.recurrent, self.input) = (recurrent ?? none, input ?? none)
  }
}

/// The state that one direction of a recurrent layer carries from a time step to the next.
package struct RecurrentState: Sendable {
  /// `[N, D H]`: the hidden states of all directions, of which this direction's blocks count.
  package let hidden: Operand
  /// `[⌈H/V⌉][N][V]`: the cell state, or a GRU's hidden state, not rounded.
  package let cellState: Matrix

  /// The state in these places.
  package init(hidden: Operand, cellState: Matrix) {
    (self.hidden, self.cellState) = (hidden, cellState)
  }
}

/// The memory of a forward step that the backward step reads.
package struct StepMemory: Sendable {
  /// `[⌈H/V⌉][N][4][V]`, activated; nil where no backward step follows.
  package let gates: Matrix?
  /// `[⌈H/V⌉][N][V]`: the cell state, or a GRU's hidden state.
  package let cellState: Matrix
  /// `[⌈H/V⌉][N][V]`; nil where no backward step follows, or the cell does not keep it.
  package let tanhState: Matrix?

  /// The memory in these places.
  package init(gates: Matrix?, cellState: Matrix, tanhState: Matrix?) {
    (self.gates, self.cellState, self.tanhState) = (gates, cellState, tanhState)
  }
}

/// The places for the output of a forward step.
package struct StepOutput: Sendable {
  /// `[N, D H]`, of which this direction's blocks are written.
  package let hidden: Operand
  /// `[⌈H/V⌉][N][V]`: the hidden state, not rounded, unless nil.
  package let floats: Matrix?

  /// The output in these places.
  package init(hidden: Operand, floats: Matrix? = nil) {
    (self.hidden, self.floats) = (hidden, floats)
  }
}

/// The gradients that a backward step reads and writes.
package struct StepGradients: Sendable {
  /// The following step's `sums`; nil for the last step.
  package let following: Operand?
  /// `[⌈H/V⌉][N][V]`: the hidden state's, from elsewhere than the following step; nil for zero.
  package let hidden: Matrix?
  /// `[⌈H/V⌉][N][V]`: in, the cell state's after this step; out, the one before it.
  package let cellState: Matrix
  /// True if `cellState` holds a gradient before this step; otherwise it counts as zero.
  package let hasCellState: Bool
  /// `[N, 4H]`, out: the gradients of the four sums. Where `gradientsReplaceGates`, it may be the
  /// memory of the gates.
  package let sums: Operand

  /// The gradients in these places.
  package init(
    following: Operand?, hidden: Matrix?, cellState: Matrix, hasCellState: Bool, sums: Operand
  ) {
    (self.following, self.hidden, self.cellState) = (following, hidden, cellState)
    (self.hasCellState, self.sums) = (hasCellState, sums)
  }
}

extension Kernels {
  /// Computes one time step of a layer.
  ///
  /// - Parameters:
  ///   - running: the number of rows, from the first on, whose sequences have this time step; the
  ///     others are neither read nor written. All `rows` if nil.
  ///   - x: `[N, I]`.
  ///   - previous: the state before this step, or nil for zero, whose products are left out. Its
  ///     cell state may be that of `memory`.
  ///   - memory, output: written.
  package func forward(
    _ shape: LayerShape, rows: Int, running: Int? = nil, _ weights: RecurrentWeights, x: Operand,
    previous: RecurrentState?, into memory: StepMemory, _ output: StepOutput
  ) {
    let (cell, padded) = (shape.cell.kernels(table), shape.paddedUnits)
    let hiddenSize = operandSize(rows: rows, columns: shape.directions * padded)
    let packedSize = weightsSize(shape.cell, inputs: shape.inputs, units: shape.units)
    let weightsSize =
      packedSize > 0 ? packedSize : (shape.inputs + shape.units) * cell.gates * padded
    precondition(
      x.count >= operandSize(rows: rows, columns: shape.inputs)
        && weights.forward.count >= weightsSize && weights.bias.count == 4 * padded
        && weights.peepholes.count == cell.peepholes * padded
        && (previous?.hidden.count ?? hiddenSize) >= hiddenSize
        && hasSize(previous?.cellState, rows * padded)
        && hasSize(memory.gates, rows * 4 * padded) && hasSize(memory.cellState, rows * padded)
        && hasSize(memory.tanhState, rows * padded) && output.hidden.count >= hiddenSize
        && hasSize(output.floats, rows * padded),
      "shapes of a recurrent step do not fit")
    let running = running ?? rows
    precondition(0...rows ~= running, "more rows run than there are")
    let blocks = padded / Self.blockWidth
    var step = lockstep_cell_forward(
      rows: rows, running: running, inputs: shape.inputs, units: shape.units, x: x.pointer,
      h_prev: previous?.hidden.pointer, weights: weights.forward.pointer,
      bias: weights.bias.pointer, peepholes: weights.peepholes.pointer,
      state_prev: previous?.cellState.pointer, gates: memory.gates?.pointer,
      state: memory.cellState.pointer, tanh_c: memory.tanhState?.pointer,
      h: output.hidden.pointer, h_blocks: shape.directions * blocks,
      h_first: shape.direction * blocks, h_float: output.floats?.pointer)
    cell.forward(&step)
  }

  /// Computes the derivative of `forward`.
  ///
  /// - Parameters:
  ///   - running: as in `forward`.
  ///   - memory: as `forward` left it, with gates.
  ///   - previousCellState: `[⌈H/V⌉][N][V]`, that of the state before the step, or nil for zero.
  ///   - biasGradient: `[⌈H/V⌉][4][V]`, which the sums over the rows are added to.
  ///   - peepholeGradient: like the peepholes, likewise.
  package func backward(
    _ shape: LayerShape, rows: Int, running: Int? = nil, _ weights: RecurrentWeights,
    _ memory: StepMemory,
    previousCellState: Matrix?, _ gradients: StepGradients, biasGradient: Matrix,
    peepholeGradient: Matrix
  ) {
    let (cell, padded) = (shape.cell.kernels(table), shape.paddedUnits)
    let sumsSize = gradientSize(rows: rows, units: shape.units)
    guard let gates = memory.gates else { preconditionFailure("a backward step lacks its gates") }
    precondition(
      (gradients.following?.count ?? sumsSize) >= sumsSize && gradients.sums.count >= sumsSize
        && weights.recurrent.count
          >= transposedSize(gates: cell.gates, columns: shape.units, units: shape.units)
        && weights.peepholes.count == cell.peepholes * padded && gates.count == rows * 4 * padded
        && hasSize(memory.cellState, rows * padded) && hasSize(memory.tanhState, rows * padded)
        && (memory.tanhState != nil || cell.keeps_tanh == 0)
        && hasSize(previousCellState, rows * padded) && hasSize(gradients.hidden, rows * padded)
        && hasSize(gradients.cellState, rows * padded) && biasGradient.count == 4 * padded
        && peepholeGradient.count == weights.peepholes.count,
      "shapes of a recurrent step do not fit")
    let running = running ?? rows
    precondition(0...rows ~= running, "more rows run than there are")
    var step = lockstep_cell_backward(
      rows: rows, running: running, units: shape.units, next: gradients.following?.pointer,
      recurrent: weights.recurrent.pointer, dh: gradients.hidden?.pointer,
      peepholes: weights.peepholes.pointer, gates: gates.pointer,
      state_prev: previousCellState?.pointer, state: memory.cellState.pointer,
      tanh_c: memory.tanhState?.pointer, dstate: gradients.cellState.pointer,
      is_last: gradients.hasCellState ? 0 : 1, gradients: gradients.sums.pointer,
      bias_gradient: biasGradient.pointer, peephole_gradient: peepholeGradient.pointer)
    cell.backward(&step)
  }

  private func hasSize(_ matrix: Matrix?, _ size: Int) -> Bool {
    guard let matrix else { return true }
    return matrix.count == size
  }
}
