import CMPI

// Every return code of MPI, and every number on its way to a C `int`, passes through here.

/// Turns a return code into a typed throw.
func check(_ function: StaticString, _ code: Int32) throws(MPIError) {
  guard code == MPI_SUCCESS else { throw MPIError(code: code, function: function) }
}

/// True if MPI can be called: it is initialized and not finalized.
func isMPIActive() -> Bool {
  var initialized: Int32 = 0
  var finalized: Int32 = 0
  MPI_Initialized(&initialized)
  MPI_Finalized(&finalized)
  return initialized != 0 && finalized == 0 && !Departure.hasLeft
}

/// Throws unless MPI can be called: outside its lifetime, Open MPI would end the process.
func requireActive(_ function: StaticString) throws(MPIError) {
  guard isMPIActive() else {
    throw MPIError(
      refusing: function, .other,
      "MPI is not running: call it after MPIEnvironment is made and before it is finalized")
  }
}

/// Converts a number to a C `int`, as MPI 3.1 takes it.
func narrow(
  _ value: Int, _ what: StaticString, _ errorClass: MPIError.ErrorClass, _ function: StaticString
) throws(MPIError) -> Int32 {
  guard let narrowed = Int32(exactly: value) else {
    throw MPIError(
      refusing: function, errorClass,
      "the \(what) \(value) does not fit the C int that MPI 3.1 takes (at most \(Int32.max)); "
        + "send it in several pieces")
  }
  return narrowed
}

/// Converts an element count to a C `int`, as MPI 3.1 takes it.
func narrowCount(_ count: Int, _ function: StaticString) throws(MPIError) -> Int32 {
  try narrow(count, "element count", .count, function)
}

/// Reads the text that a C function writes into a buffer; nil if the function fails.
func readText(
  capacity: Int, _ fill: (UnsafeMutablePointer<CChar>, UnsafeMutablePointer<Int32>) -> Int32
) -> String? {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
    buffer.initialize(repeating: 0)
    var length: Int32 = 0
    guard let start = buffer.baseAddress, fill(start, &length) == MPI_SUCCESS else { return nil }
    return String(cString: start)
  }
}
