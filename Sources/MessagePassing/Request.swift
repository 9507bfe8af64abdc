import CMPI
import Glibc

/// A nonblocking operation under way, together with the buffers that it uses.
///
/// Finish it with ``wait()`` or ``waitIdly(pollEvery:)``, which hand the buffers back, or see it
/// complete with ``test()``. Dropping one that is pending is a programming error and traps: MPI may
/// still write to its buffers. Finish a request before you call anything that may throw past it, or
/// ``abandon()`` it.
///
/// MPI makes progress only inside its calls, so a long computation between start and wait needs a
/// ``test()`` now and then to overlap with the communication.
///
/// The corresponding C type is `MPI_Request`.
public struct Request<Payload: ~Copyable>: ~Copyable {
  private enum State { case pending, complete, failed }

  private var handle: RequestHandle
  private let function: StaticString
  private let operands: UnsafeMutablePointer<Operands<Payload>>
  private var state = State.pending

  /// Starts an operation, and keeps `retained`, which it reads besides the payload, alive.
  static func start(
    _ function: StaticString, _ payload: consuming Payload, retaining retained: [AnyObject],
    _ body: (UnsafeMutablePointer<RequestHandle>) -> Int32
  ) throws(MPIError) -> Self {
    var handle = cmpi_MPI_REQUEST_NULL()
    try check(function, body(&handle))
    return Request(handle: handle, function, Operands(payload: payload, retained: retained))
  }

  private init(
    handle: RequestHandle, _ function: StaticString, _ operands: consuming Operands<Payload>
  ) {
    self.handle = handle
    self.function = function
    self.operands = .allocate(capacity: 1)
    self.operands.initialize(to: operands)
  }

  deinit {
    switch state {
    case .pending:
      // Going on would let MPI write to memory that something else has by then; a deinit cannot
      // throw.
      fatalError(
        "a pending request of \(function) was dropped while MPI may still use its buffers; "
          + "finish every request with wait()")
    case .complete:
      operands.deinitialize(count: 1)
      operands.deallocate()
    case .failed:
      // MPI does not say whether it has let go of the buffers: they are leaked on purpose.
      break
    }
  }

  /// Says whether the operation is complete, without waiting, and lets MPI make progress.
  ///
  /// The corresponding C function is `MPI_Test`.
  ///
  /// - Throws: ``MPIError`` if the operation failed; the request is finished then, without its
  ///   buffers.
  public mutating func test() throws(MPIError) -> Bool {
    guard state == .pending else { return state == .complete }
    var flag: Int32 = 0
    state = .failed
    try requireActive("MPI_Test")
    try check("MPI_Test", MPI_Test(&handle, &flag, cmpi_MPI_STATUS_IGNORE()))
    state = flag != 0 ? .complete : .pending
    return state == .complete
  }

  /// Waits until the operation is complete and returns its buffers.
  ///
  /// It polls without a pause, which is quickest and keeps a core busy. The corresponding C
  /// function is `MPI_Wait`.
  ///
  /// - Throws: ``MPIError`` if the operation failed; its buffers are lost then.
  public consuming func wait() throws(MPIError) -> Payload {
    if state == .pending {
      state = .failed
      try requireActive("MPI_Wait")
      try check("MPI_Wait", MPI_Wait(&handle, cmpi_MPI_STATUS_IGNORE()))
      state = .complete
    }
    return try takePayload()
  }

  /// Waits until the operation is complete and returns its buffers, sleeping between polls.
  ///
  /// It leaves the core to others, and may notice the end of the operation up to one interval late.
  /// Since MPI makes progress only at the polls, a large transfer takes several intervals. The
  /// corresponding C functions are `MPI_Test` and `nanosleep`.
  ///
  /// - Throws: ``MPIError`` if the operation failed; its buffers are lost then.
  public consuming func waitIdly(
    pollEvery interval: Duration = .microseconds(200)
  ) throws(MPIError) -> Payload {
    let (seconds, attoseconds) = max(interval, .zero).components
    let pause = timespec(
      tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    while try !test() {
      var remaining = pause
      nanosleep(&remaining, nil)
    }
    return try takePayload()
  }

  /// Gives the operation up, finished or not, on the way to the end of the process.
  ///
  /// MPI may still use the buffers of a pending one: they stay, and nobody gets them back. The
  /// other ranks may wait for this one, so that ``MPIEnvironment/abort(code:)`` is all that can
  /// follow.
  public consuming func abandon() {
    if state == .pending { state = .failed }
  }

  private consuming func takePayload() throws(MPIError) -> Payload {
    guard state == .complete else {
      let error = MPIError(
        refusing: function, .other, "the request failed before, and its buffers are lost")
      _ = consume self
      throw error
    }
    let operands = operands
    discard self
    let payload = operands.move().payload
    operands.deallocate()
    return payload
  }
}

/// The memory and the references that must stay until an operation is complete.
private struct Operands<Payload: ~Copyable>: ~Copyable {
  var payload: Payload
  let retained: [AnyObject]
}
