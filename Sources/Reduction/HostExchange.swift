import MessagePassing
import Tensors

/// The messages by which hosts sum a bucket along the tree over shards: each host sums a part. So
/// every number of the bucket leaves a host once for each of the host's nodes, on its way to a sum,
/// and once as a sum.
///
/// The ranks of a lane send each other slices. Both stages are an `MPI_Ialltoallv` of all ranks, in
/// which a rank has something for the ranks of its lane alone, itself among them.
final class HostExchange<Element: ReductionElement> {
  private let schedule: ExchangeSchedule
  private let messages: (exchange: Communicator, collection: Communicator)
  private let tree: ReductionTree
  /// The number of nodes of this host.
  private let nodeCount: Int
  /// The messages of the schedule in the order of ranks.
  private let nodesSent, nodesReceived, sumsSent, sumsReceived: BlockLayout
  /// The index of the first element of each node of all hosts in what arrives.
  private let offsets: [Int]
  private let exchange, collection: Transfer<BufferPair<Element>>

  /// The exchange of a bucket.
  ///
  /// - Throws: `MPIError` if there are more elements than MPI counts.
  init(
    _ schedule: ExchangeSchedule, _ communicators: ReductionCommunicators,
    _ messages: (exchange: Communicator, collection: Communicator), _ tree: ReductionTree
  ) throws(MPIError) {
    let ranks = schedule.ranks
    func layoutOfBlocks(_ counts: [Int]) throws(MPIError) -> BlockLayout {
      var blocks = Array(repeating: 0, count: communicators.size)
      for (rank, count) in zip(ranks, counts) { blocks[rank] = count }
      return try BlockLayout(counts: blocks)
    }
    nodesSent = try layoutOfBlocks(schedule.nodesSent)
    nodesReceived = try layoutOfBlocks(schedule.nodesReceived)
    sumsSent = try layoutOfBlocks(schedule.sumsSent)
    sumsReceived = try layoutOfBlocks(schedule.sumsReceived)
    let (starts, nodes) = (nodesReceived.offsets, tree.hostNodes.map(\.count))
    offsets = ranks.enumerated().flatMap { host, rank in
      (0..<nodes[host]).map { starts[rank] + $0 * schedule.own.count }
    }
    (self.schedule, self.messages, self.tree) = (schedule, messages, tree)
    nodeCount = nodes[communicators.host]
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
      for (rank, slice) in zip(schedule.ranks, schedule.slices) {
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
      let own = schedule.own
      guard !own.isEmpty else { return }
      var arrived = buffers.destination.mutableSpan
      for addition in tree.additions {
        Element.add(
          offsets[addition.term], to: offsets[addition.sum], count: own.count, in: &arrived)
      }
      let sum = buffers.destination.span.extracting(offsets[0]..<offsets[0] + own.count)
      collection.withBuffers { buffers in
        var elements = buffers.source.mutableSpan
        for rank in schedule.ranks { Element.copy(sum, to: sumsSent.offsets[rank], in: &elements) }
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
      for (rank, slice) in zip(schedule.ranks, schedule.slices) {
        sums.storeTotal(elements.extracting(sumsReceived.range(of: rank)), slice)
      }
    }
    return true
  }
}
