import MessagePassing
import Tensors

/// A bucket that is summed along the tree over shards: the same bits for any number of ranks.
///
/// Each rank owns a slice of the bucket. The ranks exchange slices (`MPI_Ialltoallv`), and each
/// sums its own in the order of the tree; then all collect the sums (`MPI_Iallgatherv`). With a
/// number of ranks that is a power of two and divides the shards, the bytes on the wire are those
/// of a ring.
final class ReduceScatterAllGather<Element: ReductionElement>: ReductionBucket {
  private let range: Range<Int>
  private let row: Matrix
  private let communicators: ReductionCommunicators
  private let tree: ReductionTree
  /// The part of the bucket that each rank sums.
  private let slices: BlockLayout
  /// The layout of what is sent: for each rank, its slice of each of this rank's nodes.
  private let sendLayout: BlockLayout
  /// The layout of what arrives: from each rank, this rank's slice of each of its nodes.
  private let receiveLayout: BlockLayout
  private let exchange: Transfer<BufferPair<Element>>
  private let collection: Transfer<MessageBuffer<Element>>

  /// A bucket whose sum is to be stored in `row`.
  init(
    _ range: Range<Int>, into row: Matrix, _ communicators: ReductionCommunicators,
    _ tree: ReductionTree
  ) throws(MPIError) {
    let rank = communicators.rank
    let slices = try BlockLayout.even(range.count, parts: communicators.size)
    self.range = range
    self.row = row
    self.communicators = communicators
    self.tree = tree
    self.slices = slices
    sendLayout = try BlockLayout(counts: slices.counts.map { $0 * tree.nodes[rank].count })
    receiveLayout = try BlockLayout(counts: tree.nodes.map { $0.count * slices.counts[rank] })
    exchange = Transfer(
      BufferPair(
        source: MessageBuffer(count: sendLayout.totalCount),
        destination: MessageBuffer(count: receiveLayout.totalCount)))
    collection = Transfer(MessageBuffer(count: range.count))
  }

  func start(_ gradients: [Matrix]) throws(MPIError) {
    tree.sumOwn(gradients, range, as: Element.self)
    exchange.withBuffers { buffers in
      var elements = buffers.source.mutableSpan
      for rank in 0..<communicators.size {
        let slice = slices.range(of: rank)
        for (index, own) in tree.ownSums.enumerated() {
          Element.store(
            gradients[own].columns(range).columns(slice), in: &elements,
            at: sendLayout.offsets[rank] + index * slice.count)
        }
      }
    }
    try exchange.start { (buffers) throws(MPIError) in
      try communicators.exchange.startAllToAll(
        buffers.source, layout: sendLayout, into: buffers.destination, layout: receiveLayout)
    }
  }

  func progress() throws(MPIError) -> Bool {
    guard try exchange.isComplete() else { return false }
    let slice = slices.range(of: communicators.rank)
    exchange.withBuffers { buffers in
      var parts = buffers.destination.mutableSpan
      for addition in tree.additions {
        Element.add(
          addition.term * slice.count, to: addition.sum * slice.count, count: slice.count,
          in: &parts)
      }
      let sum = buffers.destination.span.extracting(first: slice.count)
      collection.withBuffers { sums in
        var elements = sums.mutableSpan
        Element.copy(sum, to: slice.lowerBound, in: &elements)
      }
    }
    try collection.start { (sums) throws(MPIError) in
      try communicators.gather.startAllGather(inPlace: sums, layout: slices)
    }
    return true
  }

  func complete() throws(MPIError) -> Bool {
    guard try collection.isComplete() else { return false }
    collection.withBuffers { Element.load($0.span, into: row) }
    return true
  }
}
