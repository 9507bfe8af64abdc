import MessagePassing
import Tensors

/// The type of a gradient's numbers while it is summed over shards and ranks.
///
/// A sum's terms and the sum are rounded to this type, in a row of floats as in elements of the
/// type itself: the bits do not depend on which of the two holds a term.
package protocol ReductionElement: MPIDatatype, BitwiseCopyable, Sendable {
  /// Rounds a row of floats in place.
  static func round(_ row: Matrix)
  /// Adds `term` to `row`, of as many floats.
  static func add(_ term: Matrix, to row: Matrix)
  /// Adds the `count` elements from index `term` on to those from index `sum` on.
  static func add(
    _ term: Int, to sum: Int, count: Int, in elements: inout MutableSpan<Self>)
  /// Stores a row, rounded, as the elements from `offset` on.
  static func store(_ row: Matrix, in elements: inout MutableSpan<Self>, at offset: Int)
  /// Sets a row to as many elements.
  static func load(_ elements: Span<Self>, into row: Matrix)
  /// Copies the elements of one span to those from `destination` of another on.
  static func copy(
    _ source: Span<Self>, to destination: Int, in elements: inout MutableSpan<Self>)
}

extension Float: ReductionElement {}
extension BFloat16: ReductionElement {}

extension BFloat16: MPIDatatype {
  /// Its bits: MPI sends them and cannot add them.
  package static var datatype: Datatype { .uint16 }
}
