import MessagePassing
import Tensors

/// The stages of a bucket's way to its sum. Each ends with an operation that all ranks, or those of
/// a host, complete together.
package enum ReductionStage: Int, CaseIterable, Sendable {
  /// All ranks of the host have stored their sums.
  case arrival
  /// The hosts have sent each other what each of them sums.
  case exchange
  /// The hosts have sent each other the sums.
  case collection
  /// All ranks of the host have stored their parts of the total.
  case departure
}

/// A range of the gradient on its way to its sum.
protocol ReductionBucket: AnyObject {
  /// Begins the first stage: the bucket is complete in the rows of this rank's parts.
  func start() throws(MPIError)
  /// Ends a stage if all have come so far, begins the next one, and says whether it did. After the
  /// last, the sum is in the row of the total.
  func advance(_ stage: ReductionStage) throws(MPIError) -> Bool
}
