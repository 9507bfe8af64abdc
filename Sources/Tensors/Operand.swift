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
  /// Packs `x`, row-major, as the first rows of an operand `[N, columns]`: as all of them if `rows`,
  /// which is N, is left out.
  package func pack(_ x: Matrix, rows: Int? = nil, into operand: Operand) {
    let rows = rows ?? x.rows
    precondition(
      x.rows <= rows && operand.count >= operandSize(rows: rows, columns: x.columns),
      "no room for an operand")
    table.pointee.pack_operand(rows, x.rows, x.columns, x.pointer, operand.pointer)
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
  ///
  /// - Parameter running: the number of rows, from the first on; all `rows` if nil.
  package func packProduct(
    _ hidden: Matrix, _ mask: Matrix, rows: Int, running: Int? = nil, into operand: Operand
  ) {
    let running = running ?? rows
    let columns = hidden.count / max(rows, 1)
    precondition(
      0...rows ~= running && mask.count == hidden.count && columns * rows == hidden.count
        && operand.count >= operandSize(rows: rows, columns: columns), "no room for an operand")
    table.pointee.pack_product(
      rows, running, columns / Self.blockWidth, hidden.pointer, mask.pointer, operand.pointer)
  }

  /// Sets some rows of an operand `[N, D H]` to zero as the products over units read them, in the
  /// blocks of one direction.
  package func clear(_ hidden: Operand, _ shape: LayerShape, rows: Int, _ range: Range<Int>) {
    let blocks = shape.paddedUnits / Self.blockWidth
    precondition(
      range.lowerBound >= 0 && range.upperBound <= rows
        && hidden.count >= operandSize(rows: rows, columns: shape.directions * shape.paddedUnits),
      "no such rows of an operand")
    table.pointee.clear_rows(
      1, rows, range.lowerBound, range.upperBound, shape.direction * blocks, blocks, hidden.pointer)
  }

  /// Sets some rows of the gradients of a layer's sums `[N, 4H]` to zero, likewise.
  package func clear(
    sums: Operand, _ shape: LayerShape, rows: Int, _ range: Range<Int>
  ) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= rows
        && sums.count >= gradientSize(rows: rows, units: shape.units), "no such rows of an operand")
    table.pointee.clear_rows(
      4, rows, range.lowerBound, range.upperBound, 0, shape.paddedUnits / Self.blockWidth,
      sums.pointer)
  }

  /// Copies some rows of an operand `[N, columns]` to the same rows of another one.
  package func copy(
    _ operand: Operand, rows: Int, _ range: Range<Int>, columns: Int, into other: Operand
  ) {
    let size = operandSize(rows: rows, columns: columns)
    precondition(
      range.lowerBound >= 0 && range.upperBound <= rows && operand.count >= size
        && other.count >= size, "no such rows of an operand")
    table.pointee.copy_rows(
      rows, range.lowerBound, range.upperBound, Self.padded(columns) / Self.blockWidth,
      operand.pointer, other.pointer)
  }
}
