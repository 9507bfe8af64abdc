import MessagePassing
import Tensors

/// A bucket that is summed along the tree over shards in memory that all ranks share: the bits of
/// a `ReduceScatterAllGather`, without its messages.
///
/// The ranks put the sums over their nodes beside each other; each adds up one slice of them, and
/// all take the whole sum. A barrier after either stage says that all have come so far. None is
/// needed before the next step: a rank that comes to its first stage has passed the last one's
/// second barrier, after which nobody reads nodes, and one that adds up has passed its first, which
/// nobody comes to who still reads the last total.
final class SharedMemoryBucket<Element: ReductionElement>: ReductionBucket {
  private let range: Range<Int>
  private let row: Matrix
  private let communicators: ReductionCommunicators
  private let tree: ReductionTree
  /// The part of the bucket that this rank sums.
  private let slice: Range<Int>
  /// The elements from one node to the next: whole cache lines.
  private let stride: Int
  /// The number of this rank's first node.
  private let firstNode: Int
  /// The sums over the nodes of all ranks, in their order.
  private let nodes: SharedBuffer<Element>
  private let total: SharedBuffer<Element>
  private let exchange = Transfer(())
  private let gather = Transfer(())

  /// A bucket whose sum is to be stored in `row`. All ranks call this.
  ///
  /// - Throws: `MPIError`, of the class `noMemory` on all ranks if they cannot share the memory.
  init(
    _ range: Range<Int>, into row: Matrix, _ communicators: ReductionCommunicators,
    _ tree: ReductionTree
  ) throws(MPIError) {
    self.range = range
    self.row = row
    self.communicators = communicators
    self.tree = tree
    // Whole cache lines for each rank, lest two write to one.
    let lines = (range.count + 31) / 32
    func end(_ ranks: Int) -> Int { min(lines * ranks / communicators.size * 32, range.count) }
    slice = end(communicators.rank)..<end(communicators.rank + 1)
    stride = lines * 32
    firstNode = tree.nodes[..<communicators.rank].reduce(0) { $0 + $1.count }
    nodes = try SharedBuffer(
      count: stride * tree.nodes.reduce(0) { $0 + $1.count }, in: communicators.exchange)
    total = try SharedBuffer(count: range.count, in: communicators.gather)
  }

  func start(_ gradients: [Matrix]) throws(MPIError) {
    tree.sumOwn(gradients, range, as: Element.self)
    nodes.withMutableSpan { elements in
      for (index, own) in tree.ownSums.enumerated() {
        Element.store(
          gradients[own].columns(range), in: &elements, at: (firstNode + index) * stride)
      }
    }
    nodes.synchronize()
    try exchange.start { (_) throws(MPIError) in try communicators.exchange.startBarrier() }
  }

  func progress() throws(MPIError) -> Bool {
    guard try exchange.isComplete() else { return false }
    nodes.synchronize()
    nodes.withMutableSpan { elements in
      for addition in tree.additions {
        Element.add(
          addition.term * stride + slice.lowerBound, to: addition.sum * stride + slice.lowerBound,
          count: slice.count, in: &elements)
      }
    }
    nodes.withSpan { sums in
      total.withMutableSpan {
        Element.copy(sums.extracting(slice), to: slice.lowerBound, in: &$0)
      }
    }
    total.synchronize()
    try gather.start { (_) throws(MPIError) in try communicators.gather.startBarrier() }
    return true
  }

  func complete() throws(MPIError) -> Bool {
    guard try gather.isComplete() else { return false }
    total.synchronize()
    total.withSpan { Element.load($0, into: row) }
    return true
  }
}
