extension Matrix {
  func hasShape(of other: Matrix) -> Bool { rows == other.rows && columns == other.columns }

  /// Sets this matrix, of as many elements as `matrix` has columns, to the sums of the columns,
  /// each added in the order of the rows.
  package func setToColumnSums(of matrix: Matrix) {
    precondition(count == matrix.columns, "sums do not fit the matrix")
    Kernels.float32.table.pointee.column_sums(matrix.rows, matrix.columns, matrix.pointer, pointer)
  }

  /// Sets this matrix to `a + b`; it may be one of them.
  package func setToSum(_ a: Matrix, _ b: Matrix) {
    precondition(a.count == count && b.count == count, "terms of a sum do not fit")
    Kernels.float32.table.pointee.add(count, a.pointer, b.pointer, pointer)
  }

  /// Multiplies each element by that of `mask`.
  package func multiply(by mask: Matrix) {
    precondition(mask.count == count, "a mask does not fit")
    Kernels.float32.table.pointee.multiply(count, mask.pointer, pointer)
  }

  /// Sets this matrix to the elements of `other`, which has as many.
  package func copy(from other: Matrix) {
    precondition(other.count == count, "shapes of a copy do not fit")
    pointer.update(from: other.pointer, count: count)
  }
}
