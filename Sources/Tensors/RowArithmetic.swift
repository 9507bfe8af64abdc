/// A float of 8 bits of exponent and 7 of fraction: the upper half of a `Float`.
///
/// Numbers are rounded to the nearest, ties to even.
package struct BFloat16: BitwiseCopyable, Sendable {
  /// The bits: the upper half of the equal `Float`'s.
  package var bitPattern: UInt16

  /// The number with these bits.
  package init(bitPattern: UInt16) { self.bitPattern = bitPattern }
}

// Sums of rows in either type, in a row of floats or in elements of the type itself: the bits do
// not depend on which of the two holds a term. Reduction's `ReductionElement` is both.

extension Float {
  /// Does nothing, since every row of floats is rounded to this type.
  package static func round(_ row: Matrix) {}

  /// Adds `term` to `row`, of as many floats.
  package static func add(_ term: Matrix, to row: Matrix) { row.setToSum(row, term) }

  /// Adds the `count` elements from index `term` on to those from index `sum` on.
  package static func add(
    _ term: Int, to sum: Int, count: Int, in elements: inout MutableSpan<Float>
  ) {
    elements.withAddresses(term, sum, count: count) { term, sum in
      Kernels.float32.table.pointee.add(count, sum, term, sum)
    }
  }

  /// Copies a row to the elements from `offset` on.
  package static func store(
    _ row: Matrix, in elements: inout MutableSpan<Float>, at offset: Int
  ) {
    elements.withAddresses(offset, offset, count: row.count) { _, elements in
      elements.update(from: row.pointer, count: row.count)
    }
  }

  /// Sets a row to as many elements.
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

extension BFloat16 {
  /// Rounds each float of a row to the nearest number of this type.
  package static func round(_ row: Matrix) {
    Kernels.float32.table.pointee.float_round_bfloat16(row.count, row.pointer)
  }

  /// Sets `row` to the rounded sum of itself and `term`, both rounded first.
  package static func add(_ term: Matrix, to row: Matrix) {
    precondition(term.count == row.count, "terms of a sum do not fit")
    Kernels.float32.table.pointee.float_add_bfloat16(row.count, term.pointer, row.pointer)
  }

  /// Adds the `count` elements from index `term` on to those from index `sum` on, and rounds.
  package static func add(
    _ term: Int, to sum: Int, count: Int, in elements: inout MutableSpan<BFloat16>
  ) {
    elements.withAddresses(term, sum, count: count) { term, sum in
      Kernels.float32.table.pointee.bfloat16_add(count, bits(term), bits(sum))
    }
  }

  /// Stores a row, rounded, as the elements from `offset` on.
  package static func store(
    _ row: Matrix, in elements: inout MutableSpan<BFloat16>, at offset: Int
  ) {
    elements.withAddresses(offset, offset, count: row.count) { _, elements in
      Kernels.float32.table.pointee.bfloat16_from_float(row.count, row.pointer, bits(elements))
    }
  }

  /// Sets a row to as many elements, without loss.
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

  private static func bits(
    _ elements: UnsafeMutablePointer<BFloat16>
  ) -> UnsafeMutablePointer<UInt16> {
    UnsafeMutableRawPointer(elements).assumingMemoryBound(to: UInt16.self)
  }
}

/// Sets the floats from `offset` on to bytes, scaled from 0...255 to [0, 1]: each exactly
/// `Float(byte) / 255`, as torchvision's `ToTensor` makes it.
package func scale(_ bytes: Span<UInt8>, into floats: inout MutableSpan<Float>, at offset: Int) {
  let count = bytes.count
  floats.withAddresses(offset, offset, count: count) { _, floats in
    bytes.withAddress(count: count) {
      Kernels.float32.table.pointee.scale_bytes(count, $0, floats)
    }
  }
}

/// Sets the floats from `offset` on to those whose bytes these are.
package func copyFloats(
  _ bytes: Span<UInt8>, into floats: inout MutableSpan<Float>, at offset: Int
) {
  let count = bytes.count / MemoryLayout<Float>.stride
  floats.withAddresses(offset, offset, count: count) { _, floats in
    bytes.withUnsafeBufferPointer { bytes in
      UnsafeMutableRawBufferPointer(start: floats, count: bytes.count)
        .copyMemory(from: UnsafeRawBufferPointer(bytes))
    }
  }
}

extension Span where Element: BitwiseCopyable {
  /// Calls `body` with the address of the first of `count` elements, unless there are none.
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
