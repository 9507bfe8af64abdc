import MessagePassing
import Tensors

/// The rows of floats of a rank: one for each of its parts, in which its threads compute gradients,
/// and one for their sum over all shards.
///
/// The ranks of a host share the row of the total. Where they add floats, they share the rows of
/// their nodes, too, each of which is the row of a part: what a rank has computed, the others read
/// where it is.
struct ReductionRows {
  /// The rows of this rank's parts.
  let parts: [AlignedBuffer<Float>]
  /// The row in which the total is put together; that of the first part for one rank.
  let total: Matrix
  /// The rows of the nodes of all ranks of the host, one after the other; nil unless they are shared.
  let nodes: SharedBuffer<Float>?
  /// The floats from one row of `nodes` to the next: whole cache lines, lest two ranks write to one.
  let stride: Int

  /// Rows of `count` floats. All ranks of a host call this.
  ///
  /// - Parameter partCount: the number of this rank's parts.
  /// - Throws: `MPIError`, of the class `noMemory` on all ranks of the host if they cannot share the
  ///   memory; `TensorError.outOfMemory`, on all ranks of the host.
  init(
    _ communicators: ReductionCommunicators, _ tree: ReductionTree, partCount: Int, count: Int,
    format: ReductionFormat
  ) throws {
    stride = BucketLanes.padded(count)
    let isAlone = communicators.arrival == nil
    let sharesNodes = !isAlone && format == .float32
    // The rows that only this rank uses. A rank without memory for them says so before the others
    // of its host wait for it.
    var own = Result {
      try (0..<partCount).map { part in
        sharesNodes && tree.ownSums.contains(part) ? nil : try AlignedBuffer<Float>(count: count)
      }
    }
    guard let arrival = communicators.arrival else {
      nodes = nil
      parts = try own.get().compactMap { $0 }
      let total = communicators.size == 1 ? parts[0] : try AlignedBuffer(count: count)
      self.total = total.matrix(1, count)
      return
    }
    if try arrival.allReduce((try? own.get()) == nil ? 1 : 0, .max) == 1 {
      own = own.flatMap { _ in .failure(TensorError.outOfMemory(elements: count)) }
    }
    let rest = try own.get()
    let nodeCount = sharesNodes ? tree.nodeCounts.reduce(0, +) : 0
    let shared = try SharedBuffer<Float>(count: (nodeCount + 1) * stride, in: arrival)
    let rows = (0...nodeCount).map { [stride] in
      AlignedBuffer(at: shared.address + $0 * stride, count: count, of: shared)
    }
    total = rows[nodeCount].matrix(1, count)
    nodes = sharesNodes ? shared : nil
    let first = tree.nodeCounts[..<communicators.member].reduce(0, +)
    parts = rest.enumerated().map { part, row in
      row ?? rows[first + (tree.ownSums.firstIndex(of: part) ?? 0)]
    }
  }
}
