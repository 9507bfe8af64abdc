extension Float {
  /// Nothing: every row is rounded to this type.
  package static func round(_ row: Matrix) {}

  /// The sum in single precision.
  package static func add(_ term: Matrix, to row: Matrix) { row.setToSum(row, term) }

  /// The sum in single precision.
  package static func add(
    _ term: Int, to sum: Int, count: Int, in elements: inout MutableSpan<Float>
  ) {
    elements.withAddresses(term, sum, count: count) { term, sum in
      Kernels.float32.table.pointee.add(count, sum, term, sum)
    }
  }

  /// A copy.
  package static func store(
    _ row: Matrix, in elements: inout MutableSpan<Float>, at offset: Int
  ) {
    elements.withAddresses(offset, offset, count: row.count) { _, elements in
      elements.update(from: row.pointer, count: row.count)
    }
  }

  /// A copy.
  package static func load(_ elements: Span<Float>, into row: Matrix) {
    elements.withAddress(count: row.count) { row.pointer.update(from: $0, count: row.count) }
  }

  /// Copies the elements of one span to those from `destination` of another on.
  package static func copy(
    _ source: Span<Float>, to destination: Int, in elements: inout MutableSpan<Float>
  ) {
    elements.copy(source, to: destination)
  }
}

/// A float of 8 bits of exponent and 7 of fraction: the upper half of a `Float`.
///
/// Rounding to it is to nearest, ties to even.
package struct BFloat16: BitwiseCopyable, Sendable {
  /// The bits: those of the equal `Float` without the lower half.
  package var bitPattern: UInt16

  /// The number with these bits.
  package init(bitPattern: UInt16) { self.bitPattern = bitPattern }

  /// Rounds each float to the nearest that this type has.
  package static func round(_ row: Matrix) {
    Kernels.float32.table.pointee.float_round_bfloat16(row.count, row.pointer)
  }

  /// The rounded sum of the rounded terms.
  package static func add(_ term: Matrix, to row: Matrix) {
    precondition(term.count == row.count, "terms of a sum do not fit")
    Kernels.float32.table.pointee.float_add_bfloat16(row.count, term.pointer, row.pointer)
  }

  /// The rounded sum.
  package static func add(
    _ term: Int, to sum: Int, count: Int, in elements: inout MutableSpan<BFloat16>
  ) {
    elements.withAddresses(term, sum, count: count) { term, sum in
      Kernels.float32.table.pointee.bfloat16_add(count, bits(term), bits(sum))
    }
  }

  /// A rounded copy.
  package static func store(
    _ row: Matrix, in elements: inout MutableSpan<BFloat16>, at offset: Int
  ) {
    elements.withAddresses(offset, offset, count: row.count) { _, elements in
      Kernels.float32.table.pointee.bfloat16_from_float(row.count, row.pointer, bits(elements))
    }
  }

  /// A copy, without loss.
  package static func load(_ elements: Span<BFloat16>, into row: Matrix) {
    elements.withAddress(count: row.count) {
      Kernels.float32.table.pointee.bfloat16_to_float(
        row.count, UnsafeRawPointer($0).assumingMemoryBound(to: UInt16.self), row.pointer)
    }
  }

  /// Copies the elements of one span to those from `destination` of another on.
  package static func copy(
    _ source: Span<BFloat16>, to destination: Int, in elements: inout MutableSpan<BFloat16>
  ) {
    elements.copy(source, to: destination)
  }

  private static func bits(_ elements: UnsafeMutablePointer<BFloat16>) -> UnsafeMutablePointer<
    UInt16
  > {
    UnsafeMutableRawPointer(elements).assumingMemoryBound(to: UInt16.self)
  }
}

extension Span where Element: BitwiseCopyable {
  fileprivate func withAddress(count: Int, _ body: (UnsafePointer<Element>) -> Void) {
    precondition(count == self.count, "elements do not fit the row")
    withUnsafeBufferPointer { elements in
      if let base = elements.baseAddress { body(base) }
    }
  }
}

extension MutableSpan where Element: BitwiseCopyable {
  /// Calls `body` with the addresses of two runs of `count` elements each, unless they are empty.
  fileprivate mutating func withAddresses(
    _ first: Int, _ second: Int, count: Int,
    _ body: (UnsafeMutablePointer<Element>, UnsafeMutablePointer<Element>) -> Void
  ) {
    precondition(
      count >= 0 && min(first, second) >= 0 && max(first, second) + count <= self.count,
      "elements outside of a span")
    withUnsafeMutableBufferPointer { elements in
      if let base = elements.baseAddress { body(base + first, base + second) }
    }
  }

  /// Sets the elements from `destination` on to those of another span.
  fileprivate mutating func copy(_ source: Span<Element>, to destination: Int) {
    let count = source.count
    withAddresses(destination, destination, count: count) { _, elements in
      source.withAddress(count: count) { elements.update(from: $0, count: count) }
    }
  }
}
