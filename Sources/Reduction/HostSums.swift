import MessagePassing
import Tensors

/// The sums of a bucket over the shards of a host, in memory that its ranks share; a rank that is
/// alone there has them in the rows of its gradients.
///
/// The ranks store the sums over their nodes beside each other, and each adds up some parts of them.
/// In the end they store the total, each some parts of it, and all take the whole. A barrier after
/// either says that all have come so far. None is needed before the next step: a rank that stores
/// sums has passed the last step's second barrier, after which nobody reads them, and one that
/// stores a total has passed a first barrier, which nobody comes to who still reads the last total.
final class HostSums<Element: ReductionElement> {
  /// The memory that several ranks share.
  private struct Memory {
    /// The elements from one node to the next: whole cache lines, lest two ranks write to one.
    let stride: Int
    /// The number of this rank's first node.
    let firstNode: Int
    /// The sums over the nodes of all ranks, in their order.
    let nodes: SharedBuffer<Element>
    let total: SharedBuffer<Element>
    let arrival, departure: Communicator
  }

  private let range: Range<Int>
  private let row: Matrix
  private let tree: ReductionTree
  private let memory: Memory?
  /// The rows of this rank's parts.
  private var gradients: [Matrix] = []
  private let barrier = Transfer(())

  /// The sums of a bucket whose total is to be stored in `row`. All ranks of the host call this.
  ///
  /// - Throws: `MPIError`, of the class `noMemory` on all ranks if they cannot share the memory.
  init(
    _ range: Range<Int>, into row: Matrix, _ communicators: ReductionCommunicators,
    _ tree: ReductionTree
  ) throws(MPIError) {
    self.range = range
    self.row = row
    self.tree = tree
    guard let arrival = communicators.arrival, let departure = communicators.departure else {
      memory = nil
      return
    }
    let stride = BucketLanes.padded(range.count)
    memory = Memory(
      stride: stride,
      firstNode: tree.nodeCounts[..<communicators.member].reduce(0, +),
      nodes: try SharedBuffer(count: stride * tree.nodeCounts.reduce(0, +), in: arrival),
      total: try SharedBuffer(count: range.count, in: departure),
      arrival: arrival, departure: departure)
  }

  /// Sums this rank's parts up to its nodes, and says so to the host's other ranks.
  func store(_ gradients: [Matrix]) throws(MPIError) {
    tree.sumOwn(gradients, range, as: Element.self)
    guard let memory else {
      self.gradients = gradients
      return
    }
    memory.nodes.withMutableSpan { elements in
      for (index, own) in tree.ownSums.enumerated() {
        Element.store(
          gradients[own].columns(range), in: &elements,
          at: (memory.firstNode + index) * memory.stride)
      }
    }
    memory.nodes.synchronize()
    try barrier.start { (_) throws(MPIError) in try memory.arrival.startBarrier() }
  }

  /// True if all ranks of the host have come to the last barrier that this one came to.
  func haveAllCome() throws(MPIError) -> Bool {
    guard try barrier.isComplete() else { return false }
    memory?.nodes.synchronize()
    return true
  }

  /// Sums a part of the bucket, which no other rank of the host does, up to the host's nodes.
  func sum(_ part: Range<Int>) {
    guard let memory, !part.isEmpty else { return }
    memory.nodes.withMutableSpan { elements in
      for addition in tree.hostAdditions {
        Element.add(
          addition.term * memory.stride + part.lowerBound,
          to: addition.sum * memory.stride + part.lowerBound, count: part.count, in: &elements)
      }
    }
  }

  /// Sums a part of the host's nodes, in their order, into the first of them.
  func sumNodes(_ part: Range<Int>) {
    guard let memory else {
      for node in tree.ownSums.dropFirst() {
        Element.add(
          gradients[node].columns(range).columns(part),
          to: gradients[tree.ownSums[0]].columns(range).columns(part))
      }
      return
    }
    memory.nodes.withMutableSpan { elements in
      for node in tree.hostSums.dropFirst() {
        Element.add(
          node * memory.stride + part.lowerBound,
          to: tree.hostSums[0] * memory.stride + part.lowerBound, count: part.count, in: &elements)
      }
    }
  }

  /// Copies a part of a host's node, rounded, to the elements from `offset` on.
  func copy(
    node: Int, _ part: Range<Int>, to offset: Int, in elements: inout MutableSpan<Element>
  ) {
    guard let memory else {
      Element.store(
        gradients[tree.ownSums[node]].columns(range).columns(part), in: &elements, at: offset)
      return
    }
    memory.nodes.withSpan { nodes in
      let start = tree.hostSums[node] * memory.stride
      Element.copy(
        nodes.extracting(start + part.lowerBound..<start + part.upperBound), to: offset,
        in: &elements)
    }
  }

  /// Stores a part of the total.
  func storeTotal(_ elements: Span<Element>, _ part: Range<Int>) {
    guard let memory else {
      Element.load(elements, into: row.columns(part))
      return
    }
    memory.total.withMutableSpan { Element.copy(elements, to: part.lowerBound, in: &$0) }
  }

  /// Stores a part of the total that is the sum over the host's only node.
  func storeTotal(_ part: Range<Int>) {
    memory?.total.withMutableSpan { copy(node: 0, part, to: part.lowerBound, in: &$0) }
  }

  /// Says to the host's other ranks that this one has stored its parts of the total.
  func finishTotal() throws(MPIError) {
    guard let memory else { return }
    memory.total.synchronize()
    try barrier.start { (_) throws(MPIError) in try memory.departure.startBarrier() }
  }

  /// Takes the whole total, which all have stored.
  func load() {
    guard let memory else { return }
    memory.total.synchronize()
    memory.total.withSpan { Element.load($0, into: row) }
  }
}
