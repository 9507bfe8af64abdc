import Cluster
import MessagePassing
import Tensors

/// The way in which the ranks of a job sum their gradients: who shares memory with whom, and who
/// adds what.
struct ReductionPlan {
  let communicators: ReductionCommunicators
  let tree: ReductionTree
  let order: ReductionOrder
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
    tree = ReductionTree(
      rank: communicators.rank, layout: communicators.layout, blocks: blocks, parts: parts)
    acrossHosts = order == .native ? try communicators.acrossHosts() : nil
  }

  /// The buckets with these ranges of a row, whose sums are to be stored in `total`, or for one rank
  /// in its first gradient. All ranks call this.
  ///
  /// - Throws: `JobFailure` on every rank for a bucket with more elements than MPI counts;
  ///   `MPIError`, of the class `noMemory` on all ranks of a host that cannot share memory.
  func buckets(
    _ ranges: [Range<Int>], format: ReductionFormat, into total: AlignedBuffer<Float>?
  ) throws -> [any ReductionBucket] {
    if communicators.layout.hosts.count > 1 {
      for range in ranges { try tree.requireMessages(of: range.count, communicators.layout) }
    }
    return try ranges.enumerated().map { number, range in
      let row = total?.matrix(1, range.count, at: range.lowerBound)
      return format == .bfloat16 && number < ranges.count - 1
        ? try bucket(number, range, of: BFloat16.self, row)
        : try bucket(number, range, of: Float.self, row)
    }
  }

  private func bucket<Element: ReductionElement>(
    _ number: Int, _ range: Range<Int>, of _: Element.Type, _ row: Matrix?
  ) throws(MPIError) -> any ReductionBucket {
    guard let row else { return LocalBucket<Element>(range, tree) }
    let lanes = BucketLanes(bucket: number, elementCount: range.count, communicators.layout)
    switch order {
    case .reproducible:
      return try TreeBucket<Element>(range, into: row, communicators, tree, lanes)
    case .native:
      return try AllReduceBucket(range, into: row, communicators, tree, lanes, ranks: acrossHosts)
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
