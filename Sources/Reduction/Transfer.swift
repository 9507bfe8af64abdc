import MessagePassing

/// Buffers that are here, or with a nonblocking operation that uses them, again and again.
///
/// One that goes while its operation is pending leaves the buffers to MPI: that happens only where
/// an error ends the job.
final class Transfer<Buffers: ~Copyable> {
  private var buffers: Buffers?
  private var request: Request<Buffers>?

  init(_ buffers: consuming Buffers) { self.buffers = .some(buffers) }

  deinit { request.take()?.abandon() }

  /// Calls `body` with the buffers, which must be here.
  func withBuffers(_ body: (inout Buffers) -> Void) {
    guard var buffers = buffers.take() else { preconditionFailure("the buffers are with MPI") }
    body(&buffers)
    self.buffers = .some(buffers)
  }

  /// Starts an operation with the buffers, which must be here.
  func start(
    _ operation: (consuming Buffers) throws(MPIError) -> Request<Buffers>
  ) throws(MPIError) {
    guard let buffers = buffers.take() else { preconditionFailure("the buffers are with MPI") }
    request = try operation(buffers)
  }

  /// True if the operation is complete, and the buffers are here; it also lets MPI make progress.
  func isComplete() throws(MPIError) -> Bool {
    guard var request = request.take() else { return true }
    guard try request.test() else {
      self.request = .some(request)
      return false
    }
    buffers = try request.wait()
    return true
  }
}
