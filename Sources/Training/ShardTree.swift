import Tensors

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

  /// Sums along the tree below `node`, whose parts are the matrices of `values`; each sum is stored
  /// in its left part.
  package static func sum(_ node: Range<Int>, _ values: [Range<Int>: Matrix]) -> Matrix {
    if let value = values[node] { return value }
    let (left, right) = children(of: node)
    let total = sum(left, values)
    total.setToSum(total, sum(right, values))
    return total
  }

  private static func children(of node: Range<Int>) -> (Range<Int>, Range<Int>) {
    precondition(node.count > 1, "a shard without a value")
    let middle = node.lowerBound + node.count / 2
    return (node.lowerBound..<middle, middle..<node.upperBound)
  }
}
