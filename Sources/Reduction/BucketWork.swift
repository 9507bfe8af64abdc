/// The elements that a rank adds and copies for a bucket that is summed along the tree: those of
/// `TreeBucket`, or of `LocalBucket` for a rank alone, counted.
package struct BucketWork: Sendable {
  /// A number of additions, and of elements that are copied.
  package struct Part: Equatable, Sendable {
    /// The elements that are added to others.
    package var additions = 0
    /// The elements that are copied, rounded to the format.
    package var copies = 0
  }

  /// The work of the start, before the first stage ends.
  package let start: Part
  /// The work at the end of each stage.
  package let stages: [Part]

  /// The work for a bucket of `count` elements.
  ///
  /// - Parameters:
  ///   - exchange: the messages to and from other hosts; nil for one host.
  ///   - isAlone: true for a rank that shares no memory with others.
  ///   - format: that of the bucket's elements.
  package init(
    _ tree: ReductionTree, _ lanes: BucketLanes, _ exchange: ExchangeSchedule?, member: Int,
    count: Int, isAlone: Bool, format: ReductionFormat
  ) {
    let slices =
      exchange?.slices ?? lanes.lane(ofMember: member).map { [lanes.slice(ofLane: $0)] } ?? []
    let moved = slices.reduce(0) { $0 + $1.count }
    start = Part(
      additions: tree.ownAdditions.count * count,
      copies: isAlone || format == .float32 ? 0 : tree.ownSums.count * count)
    let arrival = Part(
      additions: isAlone ? 0 : tree.hostAdditions.count * moved,
      copies: exchange == nil ? 0 : tree.hostSums.count * moved)
    let sum = exchange.map { exchange in
      Part(
        additions: tree.additions.count * exchange.own.count,
        copies: exchange.ranks.count * exchange.own.count)
    }
    let total = exchange == nil && isAlone ? 0 : moved
    stages = [arrival, sum ?? Part(), Part(copies: total), Part()]
  }
}
