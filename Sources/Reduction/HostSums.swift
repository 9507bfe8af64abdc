import MessagePassing
import Tensors

/// The sums of a bucket over the shards of a host, in memory that its ranks share; a rank that is
/// alone there has them in the rows of its parts.
///
/// The ranks leave the sums over their nodes beside each other, and each adds up some parts of them.
/// In the end they store the total, each some parts of it. A barrier after either says that all have
/// come so far. None is needed before the next step: a rank that computes gradients has passed the
/// last step's second barrier, after which nobody reads those before, and one that stores a total
/// has passed a first barrier, which nobody comes to who still reads the last total.
final class HostSums<Element: ReductionElement> {
  /// The memory that several ranks share.
  private struct Memory {
    /// The sums over the nodes of all ranks, in their order.
    let nodes: SharedBuffer<Element>
    /// The index of the first node's first element, and the elements from one node to the next.
    let start: Int, stride: Int
    /// The number of this rank's first node, if its sums are to be copied there.
    let firstCopy: Int?
    let arrival, departure: Communicator

    /// The index of an element of a node.
    func index(_ node: Int, _ element: Int) -> Int { start + node * stride + element }
  }

  private let range: Range<Int>
  private let rows: ReductionRows
  private let tree: ReductionTree
  private let memory: Memory?
  private let barrier = Transfer(())

  /// The sums of a bucket of `rows`. All ranks of the host call this.
  ///
  /// - Throws: `MPIError`, of the class `noMemory` on all ranks if they cannot share the memory.
  init(
    _ range: Range<Int>, of rows: ReductionRows, _ communicators: ReductionCommunicators,
    _ tree: ReductionTree
  ) throws(MPIError) {
    (self.range, self.rows, self.tree) = (range, rows, tree)
    guard let arrival = communicators.arrival, let departure = communicators.departure else {
      memory = nil
      return
    }
    if let nodes = rows.nodes as? SharedBuffer<Element> {
      memory = Memory(
        nodes: nodes, start: range.lowerBound, stride: rows.stride, firstCopy: nil,
        arrival: arrival, departure: departure)
    } else {
      // Whole cache lines, lest two ranks write to one.
      let stride = BucketLanes.padded(range.count)
      memory = Memory(
        nodes: try SharedBuffer(count: stride * tree.nodeCounts.reduce(0, +), in: arrival),
        start: 0, stride: stride,
        firstCopy: tree.nodeCounts[..<communicators.member].reduce(0, +),
        arrival: arrival, departure: departure)
    }
  }

  /// The bucket in the row of one of this rank's parts, and in that of the total.
  private func part(_ number: Int) -> Matrix {
    rows.parts[number].matrix(1, range.count, at: range.lowerBound)
  }
  private var total: Matrix { rows.total.columns(range) }

  /// Sums this rank's parts up to its nodes, and says so to the host's other ranks.
  func store() throws(MPIError) {
    tree.sumOwn(rows.parts, range, as: Element.self)
    guard let memory else { return }
    if let first = memory.firstCopy {
      memory.nodes.withMutableSpan { elements in
        for (index, own) in tree.ownSums.enumerated() {
          Element.store(part(own), in: &elements, at: memory.index(first + index, 0))
        }
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
          memory.index(addition.term, part.lowerBound),
          to: memory.index(addition.sum, part.lowerBound), count: part.count, in: &elements)
      }
    }
  }

  /// Sums a part of the host's nodes, in their order, into the first of them.
  func sumNodes(_ part: Range<Int>) {
    guard let memory else {
      let sum = self.part(tree.ownSums[0]).columns(part)
      for node in tree.ownSums.dropFirst() {
        Element.add(self.part(node).columns(part), to: sum)
      }
      return
    }
    memory.nodes.withMutableSpan { elements in
      for node in tree.hostSums.dropFirst() {
        Element.add(
          memory.index(node, part.lowerBound),
          to: memory.index(tree.hostSums[0], part.lowerBound), count: part.count, in: &elements)
      }
    }
  }

  /// Copies a part of a host's node, rounded, to the elements from `offset` on.
  func copy(
    node: Int, _ part: Range<Int>, to offset: Int, in elements: inout MutableSpan<Element>
  ) {
    guard let memory else {
      Element.store(
        self.part(tree.ownSums[node]).columns(part), in: &elements, at: offset)
      return
    }
    memory.nodes.withSpan { nodes in
      let start = memory.index(tree.hostSums[node], part.lowerBound)
      Element.copy(nodes.extracting(start..<start + part.count), to: offset, in: &elements)
    }
  }

  /// Stores a part of the total.
  func storeTotal(_ elements: Span<Element>, _ part: Range<Int>) {
    Element.load(elements, into: total.columns(part))
  }

  /// Stores a part of the total that is the sum over the host's only node.
  func storeTotal(_ part: Range<Int>) {
    guard let memory else { return }
    memory.nodes.withSpan { nodes in
      let start = memory.index(tree.hostSums[0], part.lowerBound)
      storeTotal(nodes.extracting(start..<start + part.count), part)
    }
  }

  /// Says to the host's other ranks that this one has stored its parts of the total.
  func finishTotal() throws(MPIError) {
    guard let memory else { return }
    memory.nodes.synchronize()
    try barrier.start { (_) throws(MPIError) in try memory.departure.startBarrier() }
  }
}
