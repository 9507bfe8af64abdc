import CMPI

// MPI's handles as they are stored and passed by address. C does not say what a handle is: it is an
// address in Open MPI, which Swift takes for optional, and a number in MPICH and its descendants.

/// A communicator. The corresponding C type is `MPI_Comm`.
typealias CommunicatorHandle = MPI_Comm.Stored
/// An operation under way. The corresponding C type is `MPI_Request`.
typealias RequestHandle = MPI_Request.Stored

/// A type that some MPI has for its handles.
protocol HandleType {
  /// The type that a variable has whose address C takes.
  associatedtype Stored: Equatable
}

extension OpaquePointer: HandleType {
  typealias Stored = OpaquePointer?
}

extension Int32: HandleType {
  typealias Stored = Int32
}
