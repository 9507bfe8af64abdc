import MessagePassing
import Tensors

/// A range of the gradient on its way to its sum, in two stages.
package protocol ReductionBucket: AnyObject {
  /// Begins the first stage, with the rows of this rank's shards.
  func start(_ gradients: [Matrix]) throws(MPIError)
  /// Begins the second stage if the first is complete, and says whether it was.
  func progress() throws(MPIError) -> Bool
  /// Stores the sum if the second stage is complete, and says whether it was.
  func complete() throws(MPIError) -> Bool
}

/// A bucket of a rank that has all shards: the sum along the tree ends in its first row.
package final class LocalBucket<Element: ReductionElement>: ReductionBucket {
  private let range: Range<Int>
  private let tree: ReductionTree

  package init(_ range: Range<Int>, _ tree: ReductionTree) {
    self.range = range
    self.tree = tree
  }

  package func start(_ gradients: [Matrix]) {
    tree.sumOwn(gradients, range, as: Element.self)
    // A single shard's gradient is a sum without an addition that would have rounded it.
    Element.round(gradients[0].columns(range))
  }

  package func progress() -> Bool { true }
  package func complete() -> Bool { true }
}

/// A bucket that MPI sums, in the order that it takes; the first stage is all.
///
/// The corresponding C function is `MPI_Iallreduce`.
package final class AllReduceBucket: ReductionBucket {
  private let range: Range<Int>
  private let row: Matrix
  private let world: Communicator
  private let sum: Transfer<MessageBuffer<Float>>

  package init(_ range: Range<Int>, into row: Matrix, _ channels: ReductionCommunicators) {
    self.range = range
    self.row = row
    world = channels.exchange
    sum = Transfer(MessageBuffer(count: range.count))
  }

  package func start(_ gradients: [Matrix]) throws(MPIError) {
    let own = gradients[0].columns(range)
    for gradient in gradients.dropFirst() {
      Float.add(gradient.columns(range), to: own)
    }
    sum.withBuffers { buffer in
      var elements = buffer.mutableSpan
      Float.store(own, in: &elements, at: 0)
    }
    try sum.start { (buffer) throws(MPIError) in try world.startAllReduce(buffer, .sum) }
  }

  package func progress() throws(MPIError) -> Bool { try sum.isComplete() }

  package func complete() -> Bool {
    sum.withBuffers { Float.load($0.span, into: row) }
    return true
  }
}
