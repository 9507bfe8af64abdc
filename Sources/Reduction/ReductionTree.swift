import Cluster
import Tensors

/// The additions along the tree over shards that each rank does.
struct ReductionTree {
  /// For each rank, the nodes that it sums by itself.
  let nodes: [[Range<Int>]]
  /// For each node of this rank, which of its parts has the sum in the end.
  let ownSums: [Int]
  /// The additions of this rank's parts to the sums of its nodes.
  let ownAdditions: [ShardTree.Addition]
  /// The additions of all ranks' nodes, in their order, to the sum of all, in the first.
  let additions: [ShardTree.Addition]

  /// The tree over all shards, as seen by a rank.
  ///
  /// - Parameters:
  ///   - blocks: the shards of each rank, which follow each other from 0.
  ///   - parts: the nodes of the tree that this rank computes, which cover its block in their order.
  init(rank: Int, blocks: [Range<Int>], parts: [Range<Int>]) {
    let shardCount = blocks.last?.upperBound ?? 0
    nodes = blocks.map { ShardTree.nodes(covering: $0, shardCount: shardCount) }
    var (sums, additions) = ([Int](), [ShardTree.Addition]())
    for node in nodes[rank] {
      guard let first = parts.firstIndex(where: { $0.lowerBound == node.lowerBound }) else {
        preconditionFailure("no part of the rank begins where its node \(node) does: \(parts)")
      }
      let own = parts[first...].prefix { $0.upperBound <= node.upperBound }
      sums.append(first)
      additions += ShardTree.additions(to: node, of: Array(own)).map {
        ShardTree.Addition(term: $0.term + first, sum: $0.sum + first)
      }
    }
    (ownSums, ownAdditions) = (sums, additions)
    self.additions = ShardTree.additions(to: 0..<shardCount, of: nodes.flatMap { $0 })
  }

  /// Sums a range of this rank's parts along the tree, up to its nodes.
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

extension ReductionTree {
  /// Refuses a bucket of `count` elements if a rank's part of its messages has more than MPI counts.
  ///
  /// - Throws: `JobFailure`, on every rank alike.
  func requireMessages(of count: Int) throws(JobFailure) {
    let slice = (count - 1) / nodes.count + 1
    let most = max(
      count * (nodes.map(\.count).max() ?? 1), slice * nodes.reduce(0) { $0 + $1.count })
    guard Int32(exactly: most) == nil else { return }
    throw JobFailure(
      "the gradient has \(count) numbers in one piece, and a rank would send \(most) of them by "
        + "messages, while MPI counts to \(Int32.max); lower model.hidden or model.layers, or start "
        + "a number of ranks that is a power of two",
      status: JobFailure.inputStatus)
  }
}
