/// One buffer cut into parts that start at cache lines, so that what is used together lies
/// together, on few and large pages.
package struct Workspace: Sendable {
  private let buffer: AlignedBuffer<Float>
  private let counts, offsets: [Int]

  /// A buffer for parts of these numbers of floats.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  package init(_ counts: [Int]) throws(TensorError) {
    self.counts = counts
    var (offsets, end) = ([Int](), 0)
    for count in counts {
      offsets.append(end)
      end += (count + 15) / 16 * 16
    }
    self.offsets = offsets
    buffer = try AlignedBuffer(count: end)
  }

  /// A part as one row.
  package subscript(index: Int) -> Matrix { buffer.matrix(1, counts[index], at: offsets[index]) }
}
