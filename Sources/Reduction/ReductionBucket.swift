import MessagePassing
import Tensors

/// A range of the gradient on its way to its sum, in two stages.
protocol ReductionBucket: AnyObject {
  /// Begins the first stage, with the rows of this rank's parts.
  func start(_ gradients: [Matrix]) throws(MPIError)
  /// Begins the second stage if the first is complete, and says whether it was.
  func progress() throws(MPIError) -> Bool
  /// Stores the sum if the second stage is complete, and says whether it was.
  func complete() throws(MPIError) -> Bool
}
