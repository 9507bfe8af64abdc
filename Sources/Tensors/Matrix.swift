/// A view of `rows * columns` consecutive floats of a buffer as a row-major matrix, which keeps the
/// buffer alive.
package struct Matrix: Sendable {
  let buffer: AlignedBuffer<Float>
  let offset: Int
  /// The number of rows.
  package let rows: Int
  /// The number of columns.
  package let columns: Int

  init(buffer: AlignedBuffer<Float>, offset: Int, rows: Int, columns: Int) {
    precondition(
      offset >= 0 && rows >= 0 && columns >= 0 && offset + rows * columns <= buffer.count,
      "matrix outside of its buffer")
    self.buffer = buffer
    self.offset = offset
    self.rows = rows
    self.columns = columns
  }

  /// The number of elements.
  package var count: Int { rows * columns }

  /// The first element; valid while the matrix is.
  var pointer: UnsafeMutablePointer<Float> { buffer.base + offset }

  /// The rows in `range`.
  package func rows(_ range: Range<Int>) -> Matrix {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows outside of the matrix")
    return Matrix(
      buffer: buffer, offset: offset + range.lowerBound * columns, rows: range.count,
      columns: columns)
  }

  /// The elements in `range` of a matrix of one row.
  package func columns(_ range: Range<Int>) -> Matrix {
    precondition(
      rows == 1 && range.lowerBound >= 0 && range.upperBound <= columns,
      "columns outside of a row")
    return Matrix(
      buffer: buffer, offset: offset + range.lowerBound, rows: 1, columns: range.count)
  }

  /// The first `rows * columns` elements as a matrix of another shape.
  package func reshaped(_ rows: Int, _ columns: Int) -> Matrix {
    precondition(rows * columns <= count, "more elements than the matrix has")
    return Matrix(buffer: buffer, offset: offset, rows: rows, columns: columns)
  }

  /// Calls `body` with the elements in row-major order, for writing.
  package func withMutableSpan<Result, Failure: Error>(
    _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try buffer.withMutableSpan(offset..<offset + count, body)
  }

  /// Calls `body` with the elements in row-major order.
  package func withSpan<Result, Failure: Error>(
    _ body: (Span<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try buffer.withSpan(offset..<offset + count, body)
  }

  /// A copy of the elements in row-major order.
  package var elements: [Float] { withSpan { span in span.indices.map { span[$0] } } }

  func hasShape(of other: Matrix) -> Bool { rows == other.rows && columns == other.columns }
}

// Element by element.
extension Matrix {
  /// Sets every element to zero.
  package func clear() { pointer.update(repeating: 0, count: count) }

  /// Sets this matrix to the elements of `other`, which has as many.
  package func copy(from other: Matrix) {
    precondition(other.count == count, "shapes of a copy do not fit")
    pointer.update(from: other.pointer, count: count)
  }

  /// Sets every element to `value`.
  package func fill(_ value: Float) { pointer.update(repeating: value, count: count) }

  /// Divides every element by `divisor`.
  package func divide(by divisor: Float) {
    Kernels.float32.table.pointee.divide(count, divisor, pointer)
  }

  /// Sets each element to that of `other` where that is larger, or not a number, and its element of
  /// `times`, if there are any, to `time`, which is below 2²⁴.
  package func keepLarger(_ other: Matrix, time: Int, of times: Matrix?) {
    precondition(
      other.count == count && (times?.count ?? count) == count && time < 1 << 24,
      "shapes of a maximum do not fit")
    Kernels.float32.table.pointee.keep_larger(
      count, other.pointer, Float(time), pointer, times?.pointer)
  }

  /// Sets each element to that of `other` where its element of `times` is `time`, and to zero
  /// elsewhere.
  package func set(to other: Matrix, where times: Matrix, is time: Int) {
    precondition(other.count == count && times.count == count, "shapes of a choice do not fit")
    Kernels.float32.table.pointee.choose(
      count, other.pointer, times.pointer, Float(time), pointer)
  }

  /// Sets this matrix to `a + b`; it may be one of them.
  package func setToSum(_ a: Matrix, _ b: Matrix) {
    precondition(a.count == count && b.count == count, "terms of a sum do not fit")
    Kernels.float32.table.pointee.add(count, a.pointer, b.pointer, pointer)
  }

  /// Sets this matrix, of as many elements as `matrix` has columns, to the sums of the columns,
  /// each added in the order of the rows.
  package func setToColumnSums(of matrix: Matrix) {
    precondition(count == matrix.columns, "sums do not fit the matrix")
    Kernels.float32.table.pointee.column_sums(matrix.rows, matrix.columns, matrix.pointer, pointer)
  }

  /// Multiplies each element by that of `mask`.
  package func multiply(by mask: Matrix) {
    precondition(mask.count == count, "a mask does not fit")
    Kernels.float32.table.pointee.multiply(count, mask.pointer, pointer)
  }

  /// The sum of the squares of all elements in double precision, in an order that only depends on
  /// their number.
  package var sumOfSquares: Double {
    Kernels.float32.table.pointee.sum_of_squares(count, pointer)
  }
}
