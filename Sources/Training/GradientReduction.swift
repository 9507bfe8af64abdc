import MessagePassing
import Recurrent
import Shards
import Tensors

/// How the gradients of all shards become one sum that every rank has.
protocol GradientReduction {
  /// The sum over all shards of all ranks: one row of as many floats as each arena of `gradients`
  /// has, those of this rank's shards in their order. It may use them as memory.
  func sum(_ gradients: [Arena]) throws -> Matrix
}

/// `MPI_Allreduce` as it comes: its order of summation depends on the number of ranks.
struct NativeReduction: GradientReduction {
  let world: Communicator

  func sum(_ gradients: [Arena]) throws -> Matrix {
    let total = gradients[0].whole
    for gradient in gradients.dropFirst() { total.setToSum(total, gradient.whole) }
    if world.size > 1 {
      try total.withMutableSpan { span throws(MPIError) in try world.allReduce(&span, .sum) }
    }
    return total
  }
}

/// The sum along one fixed tree over shard numbers: the same bits for any number of ranks.
///
/// Each rank owns a slice of the gradient. The ranks exchange slices (`MPI_Alltoallv`), sum their
/// own in the order of the tree, and collect the sums (`MPI_Allgatherv`). With a number of ranks
/// that is a power of two and divides the shards, the bytes on the wire are those of a ring.
final class ReproducibleReduction: GradientReduction {
  private let world: Communicator
  private let shardCount: Int
  private let shards: Range<Int>
  /// The nodes of the tree that each rank sums by itself.
  private let nodes: [[Range<Int>]]
  private let slices: BlockLayout
  private let sendLayout: BlockLayout
  private let receiveLayout: BlockLayout
  private let sent: AlignedBuffer<Float>
  private let received: AlignedBuffer<Float>
  private let total: AlignedBuffer<Float>

  /// A reduction of gradients of `count` floats.
  init(world: Communicator, shardCount: Int, count: Int) throws {
    self.world = world
    self.shardCount = shardCount
    let blocks = try (0..<world.size).map {
      try ShardLayout.shards(ofRank: $0, worldSize: world.size, shardCount: shardCount)
    }
    shards = blocks[world.rank]
    nodes = blocks.map { ShardTree.nodes(covering: $0, shardCount: shardCount) }
    slices = try BlockLayout.even(count, parts: world.size)
    let (mine, slice) = (nodes[world.rank].count, slices.counts[world.rank])
    sendLayout = try BlockLayout(counts: slices.counts.map { $0 * mine })
    receiveLayout = try BlockLayout(counts: nodes.map { $0.count * slice })
    let isAlone = world.size == 1
    sent = try AlignedBuffer(count: isAlone ? 0 : sendLayout.totalCount)
    received = try AlignedBuffer(count: isAlone ? 0 : receiveLayout.totalCount)
    total = try AlignedBuffer(count: isAlone ? 0 : count)
  }

  func sum(_ gradients: [Arena]) throws -> Matrix {
    let leaves = Dictionary(
      uniqueKeysWithValues: zip(shards, gradients).map { ($0..<$0 + 1, $1.whole) })
    let sums = nodes[world.rank].map { ShardTree.sum($0, leaves) }
    guard world.size > 1 else { return sums[0] }
    try exchange(sums)
    let slice = sumOfSlices()
    try slice.withSpan { source throws(MPIError) in
      try total.withMutableSpan { destination throws(MPIError) in
        try world.allGather(source, into: &destination, layout: slices)
      }
    }
    return total.matrix(1, total.count)
  }

  /// Sends slice r of each of this rank's sums to rank r.
  private func exchange(_ sums: [Matrix]) throws {
    for rank in 0..<world.size {
      let range = slices.range(of: rank)
      for (index, sum) in sums.enumerated() {
        sent.matrix(1, range.count, at: sendLayout.offsets[rank] + index * range.count)
          .copy(from: sum.columns(range))
      }
    }
    try sent.withSpan { source throws(MPIError) in
      try received.withMutableSpan { destination throws(MPIError) in
        try world.allToAll(
          source, layout: sendLayout, into: &destination, layout: receiveLayout)
      }
    }
  }

  /// The sum over all shards of this rank's slice, in the order of the tree.
  private func sumOfSlices() -> Matrix {
    let count = slices.counts[world.rank]
    var values: [Range<Int>: Matrix] = [:]
    for (rank, nodes) in nodes.enumerated() {
      for (index, node) in nodes.enumerated() {
        values[node] = received.matrix(
          1, count, at: receiveLayout.offsets[rank] + index * count)
      }
    }
    return ShardTree.sum(0..<shardCount, values)
  }
}
