import CMPI

/// A way to pass the time until the other ranks have done their part of a collective: busy, asleep,
/// or watching over them.
///
/// A communicator that has one starts its blocking collectives as nonblocking ones, and lets the
/// strategy wait for them.
public protocol WaitStrategy: AnyObject {
  /// Waits until `isComplete` returns true; each call of it lets MPI make progress.
  ///
  /// It is called on the thread that called the collective. It may call MPI on other communicators,
  /// and must not call a collective on this one.
  func wait(until isComplete: () -> Bool)
}

extension Communicator {
  /// Waits as the communicator's blocking collectives do, until `isComplete` returns true.
  ///
  /// `isComplete` is called again and again. It tests requests, which lets MPI make progress, and
  /// may start more. An error that it throws ends the wait.
  public func wait(until isComplete: () throws(MPIError) -> Bool) throws(MPIError) {
    guard let waitStrategy else {
      while try !isComplete() {}
      return
    }
    var failure: MPIError?
    waitStrategy.wait {
      do throws(MPIError) {
        return try isComplete()
      } catch {
        failure = error
        return true
      }
    }
    if let failure { throw failure }
  }

  /// Runs a collective as MPI does, or starts it and lets the communicator's strategy wait for it.
  func complete(
    blocking: () -> Int32, starting: (UnsafeMutablePointer<RequestHandle>) -> Int32
  ) -> Int32 {
    guard let waitStrategy else { return blocking() }
    var request = cmpi_MPI_REQUEST_NULL()
    var code = starting(&request)
    guard code == MPI_SUCCESS else { return code }
    waitStrategy.wait {
      var flag: Int32 = 0
      code = MPI_Test(&request, &flag, cmpi_MPI_STATUS_IGNORE())
      return flag != 0 || code != MPI_SUCCESS
    }
    return code
  }
}
