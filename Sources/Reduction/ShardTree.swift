/// The fixed binary tree over shard numbers along which gradients are summed, so that the sum has
/// the same bits wherever its parts are computed.
///
/// A node is a range of shards. The tree follows the prime factors of the number of shards, the
/// largest first: 48 shards are three units of 16, each of which is two of 8, and so on; several
/// units are cut in the middle. So where the shards are dealt out evenly to a number of hosts or
/// ranks that is a product of the first of these factors (2, 4, 8, … of 64; 3, 6, 12, … of 48), the
/// block of each is one node.
package struct ShardTree: Sendable {
  /// S, the number of shards.
  package let shardCount: Int

  /// The tree over `shardCount` shards, at least 1.
  package init(shardCount: Int) {
    precondition(shardCount > 0, "a tree over \(shardCount) shards")
    self.shardCount = shardCount
  }

  /// The largest nodes that lie within `block`.
  package func nodes(covering block: Range<Int>) -> [Range<Int>] {
    func descend(_ node: Node) -> [Range<Int>] {
      if block.lowerBound <= node.shards.lowerBound && node.shards.upperBound <= block.upperBound {
        return [node.shards]
      }
      if !block.overlaps(node.shards) { return [] }
      return descend(node.children.left) + descend(node.children.right)
    }
    return descend(root)
  }

  /// One addition: part `term` is added to part `sum`.
  package struct Addition: Equatable, Sendable {
    /// The number of the part that is added.
    package let term: Int
    /// The number of the part that becomes the sum.
    package let sum: Int

    package init(term: Int, sum: Int) { (self.term, self.sum) = (term, sum) }
  }

  /// The additions that sum `parts`, nodes that cover the node `shards` in their order, along the
  /// tree. The sum ends in the first of them.
  package func additions(to shards: Range<Int>, of parts: [Range<Int>]) -> [Addition] {
    let numbers = Dictionary(uniqueKeysWithValues: zip(parts, parts.indices))
    var additions: [Addition] = []
    func sum(_ node: Node) -> Int {
      if let number = numbers[node.shards] { return number }
      let addition = (sum: sum(node.children.left), term: sum(node.children.right))
      additions.append(Addition(term: addition.term, sum: addition.sum))
      return addition.sum
    }
    guard let node = node(shards) else { preconditionFailure("\(shards) is no node of the tree") }
    _ = sum(node)
    return additions
  }

  /// True if a range of shards is a node whose two children meet at `middle`.
  func isNode(_ shards: Range<Int>, cutAt middle: Int) -> Bool {
    guard shards.count > 1, let node = node(shards) else { return false }
    return node.children.left.shards.upperBound == middle
  }

  /// The node of just these shards, if there is one.
  private func node(_ shards: Range<Int>) -> Node? {
    var node = root
    while node.shards != shards {
      guard node.shards.count > shards.count else { return nil }
      let (left, right) = node.children
      node = shards.lowerBound < right.shards.lowerBound ? left : right
    }
    return node
  }

  private var root: Node { Node(shards: 0..<shardCount, unit: shardCount) }

  /// A node, of one unit or of several.
  private struct Node {
    let shards: Range<Int>
    /// The number of shards between which this node is not cut unless it has no more.
    let unit: Int

    var children: (left: Node, right: Node) {
      precondition(shards.count > 1, "a shard without a value")
      let unit = shards.count == unit ? unit / Self.largestPrimeFactor(of: unit) : unit
      let middle = shards.lowerBound + shards.count / unit / 2 * unit
      return (
        Node(shards: shards.lowerBound..<middle, unit: unit),
        Node(shards: middle..<shards.upperBound, unit: unit)
      )
    }

    private static func largestPrimeFactor(of number: Int) -> Int {
      var (rest, factor) = (number, 2)
      while factor * factor <= rest {
        if rest.isMultiple(of: factor) { rest /= factor } else { factor += 1 }
      }
      return rest
    }
  }
}
