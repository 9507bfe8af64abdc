import CKernels

// Products over whole sequences, and those of the linear layer: what is not part of a recurrent
// step.

/// A layer's input at some time steps, as its weight gradient reads it.
package struct Activations: Sendable {
  /// `[N, columns]` at each time step.
  package let operands: OperandSequence
  /// The columns of each operand.
  package let columns: Int
  /// The columns that are meant, which begin at a whole vector.
  package let used: Range<Int>

  /// The columns `used` of `operands`, all if left out.
  package init(_ operands: OperandSequence, columns: Int, used: Range<Int>? = nil) {
    (self.operands, self.columns, self.used) = (operands, columns, used ?? 0..<columns)
  }
}

/// The gradients of a layer's sums at some time steps.
package struct SumGradients: Sendable {
  /// `[N, 4 units]` at each time step.
  package let operands: OperandSequence
  /// The units of the layer.
  package let units: Int
  /// The sums that are meant, of the four that each unit has.
  package let sums: Range<Int>

  /// The gradients of `sums`, of all four if left out.
  package init(_ operands: OperandSequence, units: Int, sums: Range<Int> = 0..<4) {
    (self.operands, self.units, self.sums) = (operands, units, sums)
  }
}

/// The place for the gradient of some of a layer's weights.
package struct WeightRows: Sendable {
  /// `[⌈H/V⌉][depth][G][V]`: the gradient of all of the layer's weights.
  package let weights: Matrix
  /// The rows of a block.
  package let depth: Int
  /// The first row that is meant.
  package let first: Int
  /// The blocks that are meant.
  package let blocks: Range<Int>

  /// The rows from `first` on of `blocks`.
  package init(_ weights: Matrix, depth: Int, first: Int = 0, blocks: Range<Int>) {
    (self.weights, self.depth, self.first, self.blocks) = (weights, depth, first, blocks)
  }
}

extension Kernels {
  /// Sets a gradient of weights to the sum over time steps and rows of `x ⊗ gradients`, or adds
  /// that.
  ///
  /// - Parameter running: for each time step the number of rows that count, from the first on; all
  ///   `rows` if nil.
  package func weightGradient(
    rows: Int, running: ArraySlice<Int>? = nil, _ x: Activations, _ gradients: SumGradients,
    adds: Bool = false,
    into target: WeightRows
  ) {
    let (inputs, operands) = (x.operands, gradients.operands)
    let (gates, blocks) = (gradients.sums.count, target.blocks)
    precondition(
      inputs.steps == operands.steps
        && inputs.stride >= operandSize(rows: rows, columns: x.columns)
        && (running?.count ?? inputs.steps) == inputs.steps
        && running?.allSatisfy { 0...rows ~= $0 } ?? true
        && x.used.lowerBound % Self.blockWidth == 0 && x.used.lowerBound >= 0
        && x.used.upperBound <= x.columns
        && operands.stride >= gradientSize(rows: rows, units: gradients.units)
        && gradients.sums.lowerBound >= 0 && gradients.sums.upperBound <= 4
        && blocks.lowerBound >= 0
        && blocks.upperBound * Self.blockWidth <= Self.padded(gradients.units)
        && target.first >= 0 && target.first + x.used.count <= target.depth
        && target.weights.count == target.depth * gates * Self.padded(gradients.units),
      "shapes of a weight gradient do not fit")
    let size = MemoryLayout<Float>.stride
    var part = lockstep_weight_gradient(
      rows: rows, steps: inputs.steps, inputs: x.used.count, units: gradients.units, gates: gates,
      first_gate: gradients.sums.lowerBound, running: nil, x: inputs.buffer.base + inputs.offset,
      x_blocks: Self.padded(x.columns) / Self.blockWidth,
      x_first: x.used.lowerBound / Self.blockWidth, x_stride: inputs.stride * size,
      gradients: operands.buffer.base + operands.offset, gradient_stride: operands.stride * size,
      first_block: blocks.lowerBound, block_count: blocks.count, adds: adds ? 1 : 0,
      w: target.weights.pointer, depth: target.depth, first: target.first)
    guard let running else { return table.pointee.weight_gradient(&part) }
    running.withUnsafeBufferPointer { counts in
      part.running = counts.baseAddress
      table.pointee.weight_gradient(&part)
    }
  }

  /// Sets `x` `[⌈columns/V⌉][N][V]` to the gradients of one time step times the transposed weights
  /// of their sums, or adds that.
  ///
  /// - Parameter running: the number of rows that are computed, from the first on; all `rows` if
  ///   nil.
  package func dataGradient(
    rows: Int, running: Int? = nil, _ gradients: SumGradients, columns: Int, transposed: Operand,
    adds: Bool = false,
    into x: Matrix
  ) {
    let (operands, gates) = (gradients.operands, gradients.sums.count)
    precondition(
      operands.steps == 1 && operands.stride >= gradientSize(rows: rows, units: gradients.units)
        && gradients.sums.lowerBound >= 0 && gradients.sums.upperBound <= 4
        && transposed.count
          >= transposedSize(gates: gates, columns: columns, units: gradients.units)
        && x.count == rows * Self.padded(columns), "shapes of a data gradient do not fit")
    let running = running ?? rows
    precondition(0...rows ~= running, "more rows run than there are")
    var part = lockstep_data_gradient(
      rows: rows, running: running, columns: columns, units: gradients.units, gates: gates,
      first_gate: gradients.sums.lowerBound, gradients: operands.buffer.base + operands.offset,
      transposed: transposed.pointer, adds: adds ? 1 : 0, dx: x.pointer)
    table.pointee.data_gradient(&part)
  }

  /// Sets `y` `[N, classes]`, row-major, to `W x + b`.
  ///
  /// - Parameters:
  ///   - x: `[N, inputs]`.
  ///   - weights: `[⌈classes/4V⌉][inputs][4V]`.
  ///   - bias: `[⌈classes/4V⌉][4V]`.
  package func linearForward(
    inputs: Int, x: Operand, weights: Matrix, bias: Matrix, into y: Matrix
  ) {
    let padded = 4 * Self.padded(Self.units(forOutputs: y.columns))
    precondition(
      precision == .float32 && x.count >= operandSize(rows: y.rows, columns: inputs)
        && weights.count == inputs * padded && bias.count == padded,
      "shapes of a linear layer do not fit")
    table.pointee.linear_forward(
      y.rows, inputs, y.columns, x.pointer, weights.pointer, bias.pointer, y.pointer)
  }
}
