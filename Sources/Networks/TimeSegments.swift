/// The time steps of a minibatch cut into segments of about √T.
///
/// The gradient of weights is a sum over one segment after the other, in the order in which
/// backpropagation through time finishes them, and within each in the order of time. So it is the
/// same to the bit whether the states of all time steps are kept, or those of one segment are
/// computed again at a time (Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016).
package struct TimeSegments: RandomAccessCollection, Sendable {
  /// T.
  package let steps: Int
  /// The time steps of a segment; the last one may have fewer.
  package let length: Int

  /// The time steps that no segment is cut into less than.
  static let shortest = 64

  /// The segments of `steps` time steps, of which there is at least one.
  package init(steps: Int) {
    self.steps = steps
    length = Self.length(steps: steps)
  }

  private static func length(steps: Int) -> Int {
    let root = Int(Double(steps).squareRoot().rounded(.up))
    return Swift.max(Self.shortest, (root + 3) / 4 * 4)
  }

  /// The most time steps of a segment of up to `steps`.
  static func mostSteps(of steps: Int) -> Int { Swift.min(steps, length(steps: steps)) }

  /// The most segments of up to `steps` time steps.
  static func mostSegments(of steps: Int) -> Int {
    let root = Int(Double(steps).squareRoot().rounded(.up))
    return Swift.max(Swift.min((steps - 1) / Self.shortest + 1, root), 1)
  }

  package var startIndex: Int { 0 }
  package var endIndex: Int { (steps - 1) / length + 1 }

  /// The time steps of segment `index`.
  package subscript(index: Int) -> Range<Int> {
    index * length..<Swift.min((index + 1) * length, steps)
  }
}
