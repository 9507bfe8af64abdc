import Cluster
import MessagePassing
import Tensors

/// The messages by which hosts sum a bucket along the tree over shards: each host sums a part. So
/// every number of the bucket leaves a host once for each of the host's nodes, on its way to a sum,
/// and once as a sum.
///
/// The ranks of a lane send each other slices. Both stages are an `MPI_Ialltoallv` of all ranks, in
/// which a rank has something for the ranks of its lane alone, itself among them.
final class HostExchange<Element: ReductionElement> {
  /// For each host, the slice that this rank moves of the part that the host sums.
  let slices: [Range<Int>]
  /// The slice that this rank sums.
  private let own: Range<Int>
  private let messages: (exchange: Communicator, collection: Communicator)
  private let tree: ReductionTree
  /// The number of nodes of this host.
  private let nodeCount: Int
  /// The rank of this lane on each host; none if this rank is in no lane.
  private let ranks: [Int]
  /// The layouts of what goes to the ranks of this lane and comes from them: their slices of this
  /// host's nodes, and this rank's slice of all hosts' nodes; then this rank's slice of the sum, and
  /// theirs.
  private let nodesSent, nodesReceived, sumsSent, sumsReceived: BlockLayout
  /// The index of the first element of each node of all hosts in what arrives.
  private let offsets: [Int]
  private let exchange, collection: Transfer<BufferPair<Element>>

  /// The exchange of a bucket whose lanes these are.
  ///
  /// - Throws: `MPIError` if there are more elements than MPI counts.
  init(
    _ lanes: BucketLanes, _ communicators: ReductionCommunicators,
    _ messages: (exchange: Communicator, collection: Communicator), _ tree: ReductionTree
  ) throws(MPIError) {
    let (layout, host) = (communicators.layout, communicators.host)
    let lane = lanes.lane(ofMember: communicators.member)
    let slices = lane.map { lane in
      layout.hosts.indices.map { lanes.slice(ofPart: $0, lane: lane) }
    }
    let ranks = lane == nil ? [] : layout.hosts.map { $0[communicators.member] }
    let own = slices?[host] ?? 0..<0
    func layoutOfBlocks(_ count: (_ host: Int) -> Int) throws(MPIError) -> BlockLayout {
      var counts = Array(repeating: 0, count: communicators.size)
      for (host, rank) in ranks.enumerated() { counts[rank] = count(host) }
      return try BlockLayout(counts: counts)
    }
    let nodes = tree.hostNodes.map(\.count)
    nodesSent = try layoutOfBlocks { (slices?[$0].count ?? 0) * nodes[host] }
    nodesReceived = try layoutOfBlocks { own.count * nodes[$0] }
    sumsSent = try layoutOfBlocks { _ in own.count }
    sumsReceived = try layoutOfBlocks { slices?[$0].count ?? 0 }
    let starts = nodesReceived.offsets
    offsets = ranks.enumerated().flatMap { host, rank in
      (0..<nodes[host]).map { starts[rank] + $0 * own.count }
    }
    self.slices = slices ?? []
    (self.own, self.ranks, self.messages, self.tree) = (own, ranks, messages, tree)
    nodeCount = nodes[host]
    exchange = Transfer(
      BufferPair(
        source: MessageBuffer(count: nodesSent.totalCount),
        destination: MessageBuffer(count: nodesReceived.totalCount)))
    collection = Transfer(
      BufferPair(
        source: MessageBuffer(count: sumsSent.totalCount),
        destination: MessageBuffer(count: sumsReceived.totalCount)))
  }

  /// Sends each host its part of this one's nodes.
  func start(_ sums: HostSums<Element>) throws(MPIError) {
    exchange.withBuffers { buffers in
      var elements = buffers.source.mutableSpan
      for (rank, slice) in zip(ranks, slices) {
        for node in 0..<nodeCount {
          sums.copy(
            node: node, slice, to: nodesSent.offsets[rank] + node * slice.count, in: &elements)
        }
      }
    }
    try exchange.start { (buffers) throws(MPIError) in
      try messages.exchange.startAllToAll(
        buffers.source, layout: nodesSent, into: buffers.destination, layout: nodesReceived)
    }
  }

  /// Adds up what arrived, if all has, and sends the sum to all hosts; says whether it did.
  func collect() throws(MPIError) -> Bool {
    guard try exchange.isComplete() else { return false }
    exchange.withBuffers { buffers in
      guard !own.isEmpty else { return }
      var arrived = buffers.destination.mutableSpan
      for addition in tree.additions {
        Element.add(
          offsets[addition.term], to: offsets[addition.sum], count: own.count, in: &arrived)
      }
      let sum = buffers.destination.span.extracting(offsets[0]..<offsets[0] + own.count)
      collection.withBuffers { buffers in
        var elements = buffers.source.mutableSpan
        for rank in ranks { Element.copy(sum, to: sumsSent.offsets[rank], in: &elements) }
      }
    }
    try collection.start { (buffers) throws(MPIError) in
      try messages.collection.startAllToAll(
        buffers.source, layout: sumsSent, into: buffers.destination, layout: sumsReceived)
    }
    return true
  }

  /// Stores the sums of this lane, if they have arrived, and says whether they had.
  func finish(_ sums: HostSums<Element>) throws(MPIError) -> Bool {
    guard try collection.isComplete() else { return false }
    collection.withBuffers { buffers in
      let elements = buffers.destination.span
      for (rank, slice) in zip(ranks, slices) {
        sums.storeTotal(elements.extracting(sumsReceived.range(of: rank)), slice)
      }
    }
    return true
  }
}
