/// A failure that every rank of the job knows of; rank 0 says it, and all end with its status.
package struct JobFailure: Error, Equatable, CustomStringConvertible {
  /// What happened, where, and what to do.
  package let description: String
  /// The exit status of every rank.
  package let status: Int32
  /// Whether a training diverged, which says nothing of other trainings in the same job.
  package let isDivergence: Bool

  package init(_ description: String, status: Int32 = 1, isDivergence: Bool = false) {
    self.description = description
    self.status = status
    self.isDivergence = isDivergence
  }

  /// The status for input that has to be changed first: starting again cannot help (`EX_CONFIG`).
  package static let inputStatus: Int32 = 78
}
