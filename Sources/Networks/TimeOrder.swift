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

  /// The segments of time steps, in this direction's order.
  var segments: [Range<Int>] {
    let segments = TimeSegments(steps: steps)
    return isReversed ? segments.reversed() : Array(segments)
  }

  /// The time steps in `times`, in this direction's order, or in the opposite one.
  func over(_ times: Range<Int>, backward: Bool = false) -> StrideThrough<Int> {
    let (first, last) = (times.lowerBound, times.upperBound - 1)
    return isReversed != backward
      ? stride(from: last, through: first, by: -1) : stride(from: first, through: last, by: 1)
  }

  /// The time step that this direction runs over before those in `times`, and the one after them,
  /// unless there are none.
  func time(beforeAll times: Range<Int>) -> Int? {
    time(before: isReversed ? times.upperBound - 1 : times.lowerBound)
  }
  func time(afterAll times: Range<Int>) -> Int? {
    time(after: isReversed ? times.lowerBound : times.upperBound - 1)
  }

  /// The time steps in `times` that this direction runs over after another one, and those others,
  /// both in ascending order.
  func neighbors(in times: Range<Int>) -> (before: Range<Int>, after: Range<Int>) {
    let after = (isReversed ? 0..<steps - 1 : 1..<steps).clamped(to: times)
    let shift = isReversed ? 1 : -1
    return (after.lowerBound + shift..<after.upperBound + shift, after)
  }
}
