/// The fixed binary tree over shard numbers along which gradients are summed, so that the sum has
/// the same bits wherever its parts are computed.
///
/// A node is a range of shards; it is cut in the middle. With S a multiple of a power of two of
/// ranks, each rank's block of shards is one node.
package enum ShardTree {
  /// The largest nodes of the tree over `shardCount` shards that lie within `block`.
  package static func nodes(covering block: Range<Int>, shardCount: Int) -> [Range<Int>] {
    func descend(_ node: Range<Int>) -> [Range<Int>] {
      if block.lowerBound <= node.lowerBound && node.upperBound <= block.upperBound {
        return [node]
      }
      if !block.overlaps(node) { return [] }
      let (left, right) = children(of: node)
      return descend(left) + descend(right)
    }
    return descend(0..<shardCount)
  }

  /// One addition: part `term` is added to part `sum`.
  package struct Addition: Equatable, Sendable {
    /// The number of the part that is added.
    package let term: Int
    /// The number of the part that becomes the sum.
    package let sum: Int

    package init(term: Int, sum: Int) { (self.term, self.sum) = (term, sum) }
  }

  /// The additions that sum `parts`, nodes of the tree that cover `node` in their order, along the
  /// tree. The sum ends in the first of them.
  package static func additions(to node: Range<Int>, of parts: [Range<Int>]) -> [Addition] {
    let numbers = Dictionary(uniqueKeysWithValues: zip(parts, parts.indices))
    var additions: [Addition] = []
    func sum(_ node: Range<Int>) -> Int {
      if let number = numbers[node] { return number }
      let (left, right) = children(of: node)
      let addition = (sum: sum(left), term: sum(right))
      additions.append(Addition(term: addition.term, sum: addition.sum))
      return addition.sum
    }
    _ = sum(node)
    return additions
  }

  /// True if a range of shards is a node of the tree over `shardCount` shards, whose two children
  /// meet at `middle`.
  static func isNode(_ range: Range<Int>, cutAt middle: Int, shardCount: Int) -> Bool {
    var node = 0..<shardCount
    while node.count > 1 {
      let (left, right) = children(of: node)
      if node == range { return left.upperBound == middle }
      node = range.upperBound <= left.upperBound ? left : right
    }
    return false
  }

  private static func children(of node: Range<Int>) -> (Range<Int>, Range<Int>) {
    precondition(node.count > 1, "a shard without a value")
    let middle = node.lowerBound + node.count / 2
    return (node.lowerBound..<middle, middle..<node.upperBound)
  }
}
