import MessagePassing
import Networks
import Tensors

/// A range of the gradient on its way to its sum, in two stages.
protocol ReductionPiece: AnyObject {
  /// Begins the first stage, with the arenas of this rank's shards.
  func start(_ gradients: [Arena]) throws(MPIError)
  /// Begins the second stage if the first is complete, and says whether it was.
  func pass() throws(MPIError) -> Bool
  /// Stores the sum if the second stage is complete, and says whether it was.
  func complete() throws(MPIError) -> Bool
}

/// A piece of a rank that has all shards: the sum along the tree ends in its first arena.
final class LocalPiece<Element: WireElement>: ReductionPiece {
  private let range: Range<Int>
  private let tree: ReductionTree

  init(_ range: Range<Int>, _ tree: ReductionTree) {
    self.range = range
    self.tree = tree
  }

  func start(_ gradients: [Arena]) {
    tree.sumOwn(gradients, range, as: Element.self)
    // A single shard's gradient is a sum without an addition that would have rounded it.
    Element.round(gradients[0].whole.columns(range))
  }

  func pass() -> Bool { true }
  func complete() -> Bool { true }
}

/// A piece that MPI sums, in the order that it takes; the first stage is all.
///
/// The corresponding C function is `MPI_Iallreduce`.
final class AllReducedPiece: ReductionPiece {
  private let range: Range<Int>
  private let row: Matrix
  private let world: Communicator
  private let sum: Transfer<MessageBuffer<Float>>

  init(_ range: Range<Int>, into row: Matrix, _ channels: ReductionChannels) {
    self.range = range
    self.row = row
    world = channels.exchange
    sum = Transfer(MessageBuffer(count: range.count))
  }

  func start(_ gradients: [Arena]) throws(MPIError) {
    let own = gradients[0].whole.columns(range)
    for gradient in gradients.dropFirst() {
      Float.add(gradient.whole.columns(range), to: own)
    }
    sum.withBuffers { buffer in
      var elements = buffer.mutableSpan
      Float.store(own, in: &elements, at: 0)
    }
    try sum.start { (buffer) throws(MPIError) in try world.startAllReduce(buffer, .sum) }
  }

  func pass() throws(MPIError) -> Bool { try sum.isComplete() }

  func complete() -> Bool {
    sum.withBuffers { Float.load($0.span, into: row) }
    return true
  }
}
