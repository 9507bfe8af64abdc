import Tensors

// Some of the N rows of a matrix `[blocks][N][V]`.
extension Matrix {
  /// Sets the rows to zero.
  func clear(_ rows: Range<Int>, of n: Int) {
    forEachRun(rows, of: n) { columns($0).clear() }
  }

  /// Sets the rows to those of another matrix of the same shape.
  func copy(_ rows: Range<Int>, of n: Int, from other: Matrix) {
    forEachRun(rows, of: n) { columns($0).copy(from: other.columns($0)) }
  }

  /// Adds the rows of another matrix of the same shape.
  func add(_ rows: Range<Int>, of n: Int, from other: Matrix) {
    forEachRun(rows, of: n) { columns($0).setToSum(columns($0), other.columns($0)) }
  }

  /// Calls `body` with the elements of the rows, block by block.
  func forEachRun(_ rows: Range<Int>, of n: Int, _ body: (Range<Int>) -> Void) {
    guard !rows.isEmpty else { return }
    let lanes = Kernels.blockWidth
    for block in stride(from: 0, to: count, by: n * lanes) {
      body(block + rows.lowerBound * lanes..<block + rows.upperBound * lanes)
    }
  }
}
