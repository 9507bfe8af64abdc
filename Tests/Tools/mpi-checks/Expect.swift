import MessagePassing

/// An expectation that did not hold. It leaves the program, which aborts the job with the rank
/// named.
struct FailedExpectation: Error, CustomStringConvertible {
  let description: String
}

/// Throws with both values unless they are equal.
func expectEqual<Value: Equatable>(
  _ found: Value, _ expected: Value, _ what: String
) throws(FailedExpectation) {
  guard found == expected else {
    throw FailedExpectation(description: "\(what): found \(found), expected \(expected)")
  }
}

/// Throws unless the condition holds.
func expect(_ condition: Bool, _ what: String) throws(FailedExpectation) {
  guard condition else { throw FailedExpectation(description: "\(what) does not hold") }
}

/// Throws unless the call throws an MPIError of the class; returns the error.
@discardableResult
func expectError(
  _ errorClass: MPIError.ErrorClass, _ what: String, _ call: () throws -> Void
) throws -> MPIError {
  do {
    try call()
  } catch let error as MPIError {
    try expectEqual(error.errorClass, errorClass, "the class of '\(error)' from \(what)")
    return error
  }
  throw FailedExpectation(
    description: "\(what): found no error, expected one of the class \(errorClass.rawValue)")
}

/// True if every rank may send to the next before it receives. In MPICH a rank that is its own next
/// would wait for ever; Open MPI keeps short messages until they are received.
func maySendFirst(_ world: Communicator) -> Bool { world.size > 1 || MPIEnvironment.isOpenMPI }
