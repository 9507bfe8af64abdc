import Cluster
import Tensors

/// The additions along the tree over shards that each rank and each host does.
package struct ReductionTree: Sendable {
  /// The number of shards.
  package let shardCount: Int
  /// For each host, the nodes that it sums by itself, in their order.
  package let hostNodes: [[Range<Int>]]
  /// For each rank of this host, the number of nodes that it sums by itself.
  package let nodeCounts: [Int]
  /// For each node of this rank, which of its parts has the sum in the end.
  package let ownSums: [Int]
  /// The additions of this rank's parts to the sums of its nodes.
  package let ownAdditions: [ShardTree.Addition]
  /// For each node of this host, which of its ranks' nodes has the sum in the end.
  package let hostSums: [Int]
  /// The additions of the nodes of this host's ranks, in their order, to the sums of its nodes.
  package let hostAdditions: [ShardTree.Addition]
  /// The additions of all hosts' nodes, in their order, to the sum of all, in the first.
  package let additions: [ShardTree.Addition]

  /// The tree over all shards, as seen by a rank.
  ///
  /// - Parameters:
  ///   - blocks: the shards of each place of `layout`, which follow each other from 0.
  ///   - parts: the nodes of the tree that this rank computes, which cover its block in their order.
  package init(rank: Int, layout: HostLayout, blocks: [Range<Int>], parts: [Range<Int>]) {
    shardCount = blocks.last?.upperBound ?? 0
    let tree = ShardTree(shardCount: shardCount)
    let (host, member) = layout.position(of: rank)
    let ranks = layout.hosts[host].map { tree.nodes(covering: blocks[layout.places[$0]]) }
    hostNodes = layout.hosts.map { ranks in
      let (first, last) = (layout.places[ranks[0]], layout.places[ranks[ranks.count - 1]])
      return tree.nodes(covering: blocks[first].lowerBound..<blocks[last].upperBound)
    }
    nodeCounts = ranks.map(\.count)
    (ownSums, ownAdditions) = tree.sums(of: ranks[member], from: parts)
    (hostSums, hostAdditions) = tree.sums(of: hostNodes[host], from: ranks.flatMap { $0 })
    additions = tree.additions(to: 0..<shardCount, of: hostNodes.flatMap { $0 })
  }

  /// Sums a range of this rank's parts along the tree, up to its nodes.
  func sumOwn<Element: ReductionElement>(
    _ parts: [AlignedBuffer<Float>], _ range: Range<Int>, as _: Element.Type
  ) {
    func bucket(_ part: Int) -> Matrix {
      parts[part].matrix(1, range.count, at: range.lowerBound)
    }
    for addition in ownAdditions {
      Element.add(bucket(addition.term), to: bucket(addition.sum))
    }
  }
}

extension ReductionTree {
  /// Refuses a bucket of `count` elements if a rank's part of its messages has more than MPI counts.
  ///
  /// - Parameter layout: the one that the tree was made for.
  /// - Throws: `JobFailure`, on every rank alike.
  func requireMessages(of count: Int, _ layout: HostLayout) throws(JobFailure) {
    let lanes = BucketLanes(bucket: 0, elementCount: count, layout).count
    let most = max(
      count / lanes * (hostNodes.map(\.count).max() ?? 1),
      count / lanes / hostNodes.count * hostNodes.reduce(0) { $0 + $1.count })
    guard Int32(exactly: most) == nil else { return }
    throw JobFailure(
      "the gradient has \(count) numbers in one piece, and a rank would send \(most) of them by "
        + "messages, while MPI counts to \(Int32.max); lower model.hidden or model.layers, start "
        + "more ranks on a host, or set data.shards to a multiple of the number of hosts, which is "
        + "another experiment",
      status: JobFailure.inputStatus)
  }
}

extension ShardTree {
  /// The additions that sum `parts`, nodes that cover `nodes` in their order, up to those, and the
  /// number of the part in which the sum of each then is.
  fileprivate func sums(
    of nodes: [Range<Int>], from parts: [Range<Int>]
  ) -> (sums: [Int], additions: [Addition]) {
    var (sums, additions) = ([Int](), [Addition]())
    for node in nodes {
      guard let first = parts.firstIndex(where: { $0.lowerBound == node.lowerBound }) else {
        preconditionFailure("no part begins where the node \(node) does: \(parts)")
      }
      let own = parts[first...].prefix { $0.upperBound <= node.upperBound }
      sums.append(first)
      additions += self.additions(to: node, of: Array(own)).map {
        Addition(term: $0.term + first, sum: $0.sum + first)
      }
    }
    return (sums, additions)
  }
}
