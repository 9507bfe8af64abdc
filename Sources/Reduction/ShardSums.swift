/// The schedule by which the gradients of a block of shards become sums along the tree, group after
/// group of shards.
///
/// A node of the tree is added up as soon as its shards are computed, as a binary counter carries,
/// so that the rows that are in use at a time are as many as the tree is deep, and not as there are
/// shards. The additions are those of the tree, whatever their time: the bits stay the same.
package struct ShardSums: Sendable {
  /// The shards that are computed at the same time.
  package struct Group: Sendable {
    /// Their numbers.
    package let shards: Range<Int>
    /// The row of each one's gradient.
    package let rows: [Int]
    /// The additions of rows that follow.
    package let additions: [ShardTree.Addition]
  }

  /// The groups in their order, which together are the block.
  package let groups: [Group]
  /// The number of rows that they need.
  package let rowCount: Int
  /// The nodes of the tree whose sums are left in the end: the largest within the block.
  package let nodes: [Range<Int>]
  /// The row of each node's sum.
  package let rows: [Int]

  /// The schedule for a block of `shardCount` shards.
  ///
  /// - Parameter groupSize: the most shards that are computed at the same time.
  package init(block: Range<Int>, shardCount: Int, groupSize: Int) {
    let tree = ShardTree(shardCount: shardCount)
    var (groups, pending, free, rowCount) = (
      [Group](), [(node: Range<Int>, row: Int)](), [Int](), 0
    )
    for start in stride(from: block.lowerBound, to: block.upperBound, by: max(groupSize, 1)) {
      let shards = start..<min(start + max(groupSize, 1), block.upperBound)
      var (rows, additions) = ([Int](), [ShardTree.Addition]())
      for _ in shards {
        rows.append(free.popLast() ?? rowCount)
        rowCount = max(rowCount, rows[rows.count - 1] + 1)
      }
      for (shard, row) in zip(shards, rows) {
        pending.append((shard..<shard + 1, row))
        while let sum = pending.dropLast().last, let term = pending.last,
          tree.isNode(sum.node.lowerBound..<term.node.upperBound, cutAt: term.node.lowerBound)
        {
          pending.removeLast(2)
          pending.append((sum.node.lowerBound..<term.node.upperBound, sum.row))
          additions.append(ShardTree.Addition(term: term.row, sum: sum.row))
        }
      }
      // Not before: the shards of a group use their rows at the same time.
      free += additions.map(\.term)
      groups.append(Group(shards: shards, rows: rows, additions: additions))
    }
    (self.groups, self.rowCount) = (groups, rowCount)
    (nodes, rows) = (pending.map(\.node), pending.map(\.row))
  }
}
