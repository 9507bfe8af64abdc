import MessagePassing
import Tensors

/// A bucket that MPI sums, in the order that it takes; the first stage is all.
///
/// The corresponding C function is `MPI_Iallreduce`.
final class AllReduceBucket: ReductionBucket {
  private let range: Range<Int>
  private let row: Matrix
  private let world: Communicator
  private let tree: ReductionTree
  private let sum: Transfer<MessageBuffer<Float>>

  init(
    _ range: Range<Int>, into row: Matrix, _ communicators: ReductionCommunicators,
    _ tree: ReductionTree
  ) {
    self.range = range
    self.row = row
    self.tree = tree
    world = communicators.exchange
    sum = Transfer(MessageBuffer(count: range.count))
  }

  func start(_ gradients: [Matrix]) throws(MPIError) {
    tree.sumOwn(gradients, range, as: Float.self)
    let own = gradients[0].columns(range)
    for node in tree.ownSums.dropFirst() { Float.add(gradients[node].columns(range), to: own) }
    sum.withBuffers { buffer in
      var elements = buffer.mutableSpan
      Float.store(own, in: &elements, at: 0)
    }
    try sum.start { (buffer) throws(MPIError) in try world.startAllReduce(buffer, .sum) }
  }

  func progress() throws(MPIError) -> Bool { try sum.isComplete() }

  func complete() -> Bool {
    sum.withBuffers { Float.load($0.span, into: row) }
    return true
  }
}
