import Cluster
import MessagePassing
import Tensors

/// The way in which the ranks of a job sum their gradients: who shares memory with whom, and who
/// adds what.
struct ReductionPlan {
  let communicators: ReductionCommunicators
  let tree: ReductionTree
  let order: ReductionOrder
  private let partCount: Int
  /// The ranks with this rank's index on their hosts, if MPI sums over hosts.
  private let acrossHosts: Communicator?

  /// The plan over the ranks of `communicators`, which all call this.
  ///
  /// - Parameters: as those of `GradientReduction`.
  init(
    _ communicators: ReductionCommunicators, blocks: [Range<Int>], parts: [Range<Int>],
    order: ReductionOrder
  ) throws(MPIError) {
    self.communicators = communicators
    self.order = order
    partCount = parts.count
    tree = ReductionTree(
      rank: communicators.rank, layout: communicators.layout, blocks: blocks, parts: parts)
    acrossHosts = order == .native ? try communicators.acrossHosts() : nil
  }

  /// The rows in which this rank's parts and the total are, and the buckets with these ranges of
  /// them. All ranks call this.
  ///
  /// - Throws: `JobFailure` on every rank for a bucket with more elements than MPI counts;
  ///   `TensorError.outOfMemory`; `MPIError`, of the class `noMemory` on all ranks of a host that
  ///   cannot share memory.
  func memory(
    _ ranges: [Range<Int>], format: ReductionFormat
  ) throws -> (rows: ReductionRows, buckets: [any ReductionBucket]) {
    if communicators.layout.hosts.count > 1 {
      for range in ranges { try tree.requireMessages(of: range.count, communicators.layout) }
    }
    let rows = try ReductionRows(
      communicators, tree, partCount: partCount, count: ranges.last?.upperBound ?? 0, format: format
    )
    let buckets = try ranges.enumerated().map { number, range in
      format == .bfloat16 && number < ranges.count - 1
        ? try bucket(number, range, of: rows, as: BFloat16.self)
        : try bucket(number, range, of: rows, as: Float.self)
    }
    return (rows, buckets)
  }

  private func bucket<Element: ReductionElement>(
    _ number: Int, _ range: Range<Int>, of rows: ReductionRows, as _: Element.Type
  ) throws(MPIError) -> any ReductionBucket {
    guard communicators.size > 1 else { return LocalBucket<Element>(range, of: rows, tree) }
    let lanes = BucketLanes(bucket: number, elementCount: range.count, communicators.layout)
    switch order {
    case .reproducible:
      return try TreeBucket<Element>(range, of: rows, communicators, tree, lanes)
    case .native:
      return try AllReduceBucket(range, of: rows, communicators, tree, lanes, ranks: acrossHosts)
    }
  }

  /// The way, and what would make it quicker, in words.
  var description: String {
    let hosts = communicators.layout.hosts
    let memory = hosts.contains { $0.count > 1 } ? "in memory that the ranks of a host share" : nil
    let messages =
      hosts.count == 1
      ? nil : order == .native ? "by MPI's own sum" : "by messages along the tree over shards"
    let means = [memory, messages].compactMap { $0 }.joined(separator: ", and ")
    return "gradients are summed \(means)\(advice)"
  }

  private var advice: String {
    let (most, hosts) = (tree.hostNodes.map(\.count).max() ?? 1, tree.hostNodes.count)
    guard order == .reproducible, hosts > 1, most > 1 else { return "" }
    var shards = hosts
    while shards < tree.shardCount { shards *= 2 }
    return
      "; a host's shards are up to \(most) nodes of that tree, each of which it sends, and with "
      + "\(shards) data.shards they would be one"
  }
}
