import Tensors

/// The additions along the tree over shards that each rank does.
struct ReductionTree {
  /// For each rank, the nodes that it sums by itself.
  let nodes: [[Range<Int>]]
  /// For each node of this rank, which of its rows has the sum in the end.
  let ownSums: [Int]
  /// The additions of this rank's rows to the sums of its nodes.
  let ownAdditions: [ShardTree.Addition]
  /// The additions of all ranks' nodes, in their order, to the sum of all, in the first.
  let additions: [ShardTree.Addition]

  /// The tree over all shards, as seen by a rank.
  ///
  /// - Parameter blocks: the shards of each rank, which follow each other from 0.
  init(rank: Int, blocks: [Range<Int>]) {
    let shardCount = blocks.last?.upperBound ?? 0
    let first = blocks[rank].lowerBound
    nodes = blocks.map { ShardTree.nodes(covering: $0, shardCount: shardCount) }
    ownSums = nodes[rank].map { $0.lowerBound - first }
    ownAdditions = nodes[rank].flatMap { node in
      ShardTree.additions(to: node, of: node.map { $0..<$0 + 1 }).map { addition in
        let offset = node.lowerBound - first
        return ShardTree.Addition(term: addition.term + offset, sum: addition.sum + offset)
      }
    }
    additions = ShardTree.additions(to: 0..<shardCount, of: nodes.flatMap { $0 })
  }

  /// Sums a range of this rank's rows along the tree, up to its nodes.
  func sumOwn<Element: ReductionElement>(
    _ gradients: [Matrix], _ range: Range<Int>, as _: Element.Type
  ) {
    for addition in ownAdditions {
      Element.add(
        gradients[addition.term].columns(range),
        to: gradients[addition.sum].columns(range))
    }
  }
}
