import COpenMPI

/// A block of elements in memory that all ranks of a communicator share: the others read what one
/// writes, with no message. The ranks must be on one host, as after ``Communicator/splitByNode()``.
///
/// MPI does not order what the ranks do here. A rank may read the elements that another has written
/// after ``synchronize()`` on the one, a barrier, and ``synchronize()`` on the other; and no rank
/// may write what another may be using.
///
/// The memory lives until MPI is finalized: to free it earlier would be a collective, in which
/// ranks that go on would wait for one that failed.
///
/// The corresponding C type is `MPI_Win`.
public final class SharedBuffer<Element: MPIDatatype> {
  /// The number of elements.
  public let count: Int
  private let address: UnsafeMutablePointer<Element>
  private let window: MPI_Win

  /// Allocates `count` elements, of 2³¹ - 1 bytes at most, whose values are not defined. All ranks
  /// must call this with the same count.
  ///
  /// The corresponding C functions are `MPI_Win_allocate_shared` and `MPI_Win_shared_query`.
  ///
  /// - Throws: ``MPIError`` if the ranks are not on one host, or the host lacks shared memory.
  public init(count: Int, in communicator: Communicator) throws(MPIError) {
    let function: StaticString = "MPI_Win_allocate_shared"
    let stride = MemoryLayout<Element>.stride
    let (bytes, overflows) = max(count, 1).multipliedReportingOverflow(by: stride)
    let refusal =
      count < 0 || overflows || Int32(exactly: bytes) == nil
      ? MPIError(
        refusing: function, .count, "\(count) elements are not a block of 0 to \(Int32.max) bytes")
      : nil
    try communicator.enter(function, count: count, datatype: Element.datatype, refusal: refusal)
    var (window, base): (MPI_Win?, UnsafeMutableRawPointer?) = (nil, nil)
    // The first rank's part is all there is.
    try check(
      function,
      MPI_Win_allocate_shared(
        communicator.rank == 0 ? bytes : 0, Int32(stride), copenmpi_MPI_INFO_NULL(),
        communicator.handle, &base, &window))
    guard let window else {
      throw MPIError(refusing: function, .other, "MPI returned no window")
    }
    try check(
      "MPI_Win_set_errhandler", MPI_Win_set_errhandler(window, copenmpi_MPI_ERRORS_RETURN()))
    var (size, unit): (MPI_Aint, Int32) = (0, 0)
    try check("MPI_Win_shared_query", MPI_Win_shared_query(window, 0, &size, &unit, &base))
    guard let base, size >= bytes else {
      throw MPIError(
        refusing: "MPI_Win_shared_query", .other, "MPI shares \(size) bytes instead of \(bytes)")
    }
    // Synchronizing wants a passive epoch; this one never ends.
    try check("MPI_Win_lock_all", MPI_Win_lock_all(MPI_MODE_NOCHECK, window))
    self.count = count
    self.window = window
    address = base.bindMemory(to: Element.self, capacity: count)
  }

  /// Shows this rank's writes to the other ranks, and their writes to this one.
  ///
  /// The corresponding C function is `MPI_Win_sync`.
  public func synchronize() throws(MPIError) {
    try requireActive("MPI_Win_sync")
    try check("MPI_Win_sync", MPI_Win_sync(window))
  }

  /// Calls `body` with the elements; no other rank may write to them meanwhile.
  public func withSpan<Result, Failure: Error>(
    _ body: (Span<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeBufferPointer(start: address, count: count).span)
  }

  /// Calls `body` with the elements, of which it may change those that no other rank uses.
  public func withMutableSpan<Result, Failure: Error>(
    _ body: (inout MutableSpan<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var span = UnsafeMutableBufferPointer(start: address, count: count).mutableSpan
    return try body(&span)
  }
}
