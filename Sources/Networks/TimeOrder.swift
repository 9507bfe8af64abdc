/// The time steps of one direction of a layer, in the order in which it runs over them; at least
/// one.
struct TimeOrder: RandomAccessCollection {
  /// The time steps in ascending order.
  let times: Range<Int>
  /// True for the backward direction.
  let isReversed: Bool

  var startIndex: Int { 0 }
  var endIndex: Int { times.count }
  subscript(index: Int) -> Int {
    isReversed ? times.upperBound - 1 - index : times.lowerBound + index
  }

  var first: Int { self[0] }
  var last: Int { self[endIndex - 1] }

  /// The time step that this direction runs over before `t`, or nil if `t` is the first.
  func time(before t: Int) -> Int? {
    t == first ? nil : isReversed ? t + 1 : t - 1
  }

  /// All time steps but the last of this direction, and all but the first, in ascending order.
  var timesBeforeOthers: Range<Int> { isReversed ? times.dropFirst() : times.dropLast() }
  var timesAfterOthers: Range<Int> { isReversed ? times.dropLast() : times.dropFirst() }
}
