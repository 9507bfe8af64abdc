import MessagePassing

/// The communicators of a reduction: one for each of its stages, since ranks may come to the second
/// stage of a bucket before or after the first one of another.
package struct ReductionCommunicators {
  package let exchange: Communicator
  package let gather: Communicator
  /// True if the ranks sum in memory that they share, and need no messages.
  package let sharesMemory: Bool

  /// Makes those for the ranks of `world`, which all call this.
  ///
  /// - Parameter sharesMemory: only where all ranks are on one host.
  package init(_ world: Communicator, sharesMemory: Bool) throws(MPIError) {
    self.sharesMemory = sharesMemory
    let isAlone = world.size == 1
    exchange = isAlone ? world : try world.duplicate()
    gather = isAlone ? world : try world.duplicate()
  }

  package var rank: Int { gather.rank }
  package var size: Int { gather.size }
}
