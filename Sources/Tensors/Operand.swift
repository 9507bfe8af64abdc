import CKernels

/// Activations `[N, columns]`, gate gradients, or weights, in the form in which the products of
/// some kernels read them; a view of a buffer, which it keeps alive.
package struct Operand: Sendable {
  let buffer: AlignedBuffer<Float>
  /// Its start in the buffer, and its size, in floats.
  let offset: Int, count: Int

  /// The whole of a matrix's memory.
  package init(_ matrix: Matrix) {
    (buffer, offset, count) = (matrix.buffer, matrix.offset, matrix.count)
  }

  var pointer: UnsafeMutableRawPointer { UnsafeMutableRawPointer(buffer.base + offset) }

  /// Sets this operand to another of the same size.
  package func copy(from other: Operand) {
    precondition(other.count == count, "operands of different sizes")
    (buffer.base + offset).update(from: other.buffer.base + other.offset, count: count)
  }
}

/// The operands of T time steps, one behind the other.
package struct OperandSequence: Sendable {
  let buffer: AlignedBuffer<Float>
  let offset: Int
  /// The floats of one time step.
  let stride: Int
  let steps: Int

  /// `steps` operands of `stride` floats each at the start of a matrix's memory.
  package init(_ matrix: Matrix, stride: Int, steps: Int) {
    precondition(steps >= 0 && stride * steps <= matrix.count, "operands outside of their memory")
    (buffer, offset) = (matrix.buffer, matrix.offset)
    (self.stride, self.steps) = (stride, steps)
  }

  /// A single time step.
  package init(_ operand: Operand) {
    (buffer, offset, stride, steps) = (operand.buffer, operand.offset, operand.count, 1)
  }

  /// The operand of time step `t`.
  package subscript(t: Int) -> Operand {
    precondition(t >= 0 && t < steps, "no such time step")
    return Operand(buffer.matrix(1, stride, at: offset + t * stride))
  }

  /// The operands of the time steps in `range`.
  package subscript(range: Range<Int>) -> OperandSequence {
    precondition(range.lowerBound >= 0 && range.upperBound <= steps, "no such time steps")
    return OperandSequence(
      buffer.matrix(1, stride * range.count, at: offset + stride * range.lowerBound),
      stride: stride, steps: range.count)
  }
}

// Sizes, in floats of memory, for N `rows`.
extension Kernels {
  /// The units of a layer, filled up to whole vectors.
  package static func padded(_ units: Int) -> Int {
    (units + blockWidth - 1) / blockWidth * blockWidth
  }

  /// The number of units whose four gates take as many columns as the outputs of a linear layer,
  /// which are laid out like them.
  package static func units(forOutputs outputs: Int) -> Int { (outputs + 3) / 4 }

  /// The size of activations `[N, columns]` as an operand.
  package func operandSize(rows: Int, columns: Int) -> Int {
    floats(table.pointee.operand_size(rows, columns))
  }

  /// The size of the gradients of the gates `[N, 4 units]` as an operand.
  package func gradientSize(rows: Int, units: Int) -> Int {
    floats(table.pointee.gradient_size(rows, units))
  }

  /// The size of a layer's packed weights; 0 if the products of `forward` read the parameters.
  package func weightsSize(_ cell: Cell, inputs: Int, units: Int) -> Int {
    floats(table.pointee.weights_size(cell.gates, inputs, units))
  }

  /// The size of `columns` columns of a layer's weights for `gates` gates, transposed.
  package func transposedSize(gates: Int = 4, columns: Int, units: Int) -> Int {
    floats(table.pointee.transposed_size(gates, columns, units))
  }

  private func floats(_ bytes: Int) -> Int { (bytes + 3) / 4 }
}

// Matrices as the products read them.
extension Kernels {
  /// Packs `x` `[N, columns]`, row-major, as an operand.
  package func pack(_ x: Matrix, into operand: Operand) {
    precondition(
      operand.count >= operandSize(rows: x.rows, columns: x.columns), "no room for an operand")
    table.pointee.pack_operand(x.rows, x.columns, x.pointer, operand.pointer)
  }

  /// Packs the `gradient` `[N, classes]`, row-major, of a linear layer's output as an operand.
  package func packLinearGradient(_ gradient: Matrix, into operand: Operand) {
    precondition(
      operand.count
        >= gradientSize(rows: gradient.rows, units: Self.units(forOutputs: gradient.columns)),
      "no room for an operand")
    table.pointee.pack_gradient(
      gradient.rows, gradient.columns, gradient.pointer, operand.pointer)
  }

  /// Packs a layer's weights `[⌈H/V⌉][I + H][G][V]` for `forward`, if the kernels copy weights.
  package func packWeights(
    _ weights: Matrix, _ cell: Cell, inputs: Int, units: Int, into operand: Operand
  ) {
    precondition(
      weights.count == (inputs + units) * cell.gates * Self.padded(units)
        && operand.count >= weightsSize(cell, inputs: inputs, units: units), "weights do not fit")
    table.pointee.pack_weights(cell.gates, inputs, units, weights.pointer, operand.pointer)
  }

  /// Packs the `columns` columns from `first` on of a layer's weights `[⌈H/V⌉][depth][gates][V]`,
  /// transposed.
  package func packTransposed(
    _ weights: Matrix, gates: Int = 4, depth: Int, first: Int, columns: Int, units: Int,
    into operand: Operand
  ) {
    precondition(
      weights.count == depth * gates * Self.padded(units) && first >= 0 && first + columns <= depth
        && operand.count >= transposedSize(gates: gates, columns: columns, units: units),
      "weights do not fit")
    table.pointee.pack_transposed(
      gates, depth, first, columns, units, weights.pointer, operand.pointer)
  }

  /// Packs hidden states `[⌈H/V⌉][N][V]` times a mask of the same shape as an operand `[N, H]`.
  package func packProduct(_ hidden: Matrix, _ mask: Matrix, rows: Int, into operand: Operand) {
    let columns = hidden.count / max(rows, 1)
    precondition(
      mask.count == hidden.count && columns * rows == hidden.count
        && operand.count >= operandSize(rows: rows, columns: columns), "no room for an operand")
    table.pointee.pack_product(
      rows, columns / Self.blockWidth, hidden.pointer, mask.pointer, operand.pointer)
  }
}
