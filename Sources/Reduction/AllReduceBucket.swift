import MessagePassing
import Tensors

/// A bucket that MPI sums, in the order that it takes; the first stage is all.
///
/// The corresponding C function is `MPI_Iallreduce`.
final class AllReduceBucket: ReductionBucket {
  private let range: Range<Int>
  private let row: Matrix
  private let world: Communicator
  private let sum: Transfer<MessageBuffer<Float>>

  init(_ range: Range<Int>, into row: Matrix, _ communicators: ReductionCommunicators) {
    self.range = range
    self.row = row
    world = communicators.exchange
    sum = Transfer(MessageBuffer(count: range.count))
  }

  func start(_ gradients: [Matrix]) throws(MPIError) {
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

  func progress() throws(MPIError) -> Bool { try sum.isComplete() }

  func complete() -> Bool {
    sum.withBuffers { Float.load($0.span, into: row) }
    return true
  }
}
