/// An error in the writing of a checkpoint, and where it came.
package struct CheckpointFailure: Error {
  /// The parts of the writing, in their order.
  package enum Part: Int, Sendable {
    /// `best.safetensors`, if the checkpoint is the best.
    case best
    /// The checkpoint of the step.
    case step
    /// The lines of observers up to this step.
    case lines
    /// The removal of older checkpoints, without which nothing is lost.
    case removal
  }

  /// The error.
  package let cause: any Error
  /// The part that failed; those before it are on the disk.
  package let part: Part

  package init(_ cause: any Error, in part: Part) { (self.cause, self.part) = (cause, part) }
}
