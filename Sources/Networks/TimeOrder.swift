/// The time steps of one direction of a layer, in the order in which it runs over them; at least
/// one.
struct TimeOrder: RandomAccessCollection {
  /// T.
  let steps: Int
  /// True for the backward direction.
  let isReversed: Bool

  var startIndex: Int { 0 }
  var endIndex: Int { steps }
  subscript(index: Int) -> Int { isReversed ? steps - 1 - index : index }

  var first: Int { self[0] }
  var last: Int { self[endIndex - 1] }

  /// The time step that this direction runs over before `t`, or nil if `t` is the first.
  func time(before t: Int) -> Int? {
    t == first ? nil : isReversed ? t + 1 : t - 1
  }

  /// The time step that this direction runs over after `t`, or nil if `t` is the last.
  func time(after t: Int) -> Int? {
    t == last ? nil : isReversed ? t - 1 : t + 1
  }

  /// All time steps but the last of this direction, and all but the first, in ascending order.
  var timesBeforeOthers: Range<Int> { isReversed ? 1..<steps : 0..<steps - 1 }
  var timesAfterOthers: Range<Int> { isReversed ? 0..<steps - 1 : 1..<steps }
}
