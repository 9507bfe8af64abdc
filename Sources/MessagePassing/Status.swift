import CMPI

/// The source, the tag and the length of a message. The corresponding C type is `MPI_Status`.
public struct Status: Hashable, Sendable {
  /// The rank that sent the message.
  public let source: Int
  /// The tag that the message was sent with.
  public let tag: Int
  /// The number of elements, of the type that was asked for.
  public let count: Int

  /// Reads a status. The corresponding C function is `MPI_Get_count`.
  init(
    _ status: MPI_Status, _ type: Datatype, _ function: StaticString
  ) throws(MPIError) {
    var count: Int32 = 0
    let code = withUnsafePointer(to: status) { MPI_Get_count($0, type.handle, &count) }
    try check("MPI_Get_count", code)
    guard count != MPI_UNDEFINED else {
      throw MPIError(
        refusing: function, .type,
        "the message from rank \(status.MPI_SOURCE) is not a whole number of elements of the type "
          + "\(type); receive it as the type it was sent as")
    }
    self.source = Int(status.MPI_SOURCE)
    self.tag = Int(status.MPI_TAG)
    self.count = Int(count)
  }
}
