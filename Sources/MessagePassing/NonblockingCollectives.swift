import CMPI

// Collectives that start here and complete at the request's wait. All ranks must start them in the
// same order. The buffers move into the request and come back from `wait()`; they are never copied.
// A call that throws frees the buffers that it was given.

extension Communicator {
  /// Starts a barrier, which is complete once every rank has started it.
  ///
  /// The corresponding C function is `MPI_Ibarrier`.
  public func startBarrier() throws(MPIError) -> Request<Void> {
    try requireActive("MPI_Ibarrier")
    return try Request.start("MPI_Ibarrier", (), retaining: [self]) { MPI_Ibarrier(handle, $0) }
  }

  /// Starts to copy the root's elements to every rank's buffer.
  ///
  /// The count must be the same on all ranks.
  ///
  /// The corresponding C function is `MPI_Ibcast`.
  public func startBroadcast<Element: MPIDatatype>(
    _ buffer: consuming MessageBuffer<Element>, root: Int
  ) throws(MPIError) -> Request<MessageBuffer<Element>> {
    let function: StaticString = "MPI_Ibcast"
    try requireActive(function)
    let count = try narrowCount(buffer.count, function)
    let cRoot = try narrow(root, "root", .root, function)
    let address = buffer.address
    let type = Element.datatype.handle
    return try Request.start(function, buffer, retaining: [self]) {
      MPI_Ibcast(address, count, type, cRoot, handle, $0)
    }
  }

  /// Starts to combine every rank's buffer in place, on every rank.
  ///
  /// The count must be the same on all ranks.
  ///
  /// The corresponding C function is `MPI_Iallreduce` with `MPI_IN_PLACE`.
  public func startAllReduce<Element: MPIDatatype>(
    _ buffer: consuming MessageBuffer<Element>, _ operation: ReduceOperation
  ) throws(MPIError) -> Request<MessageBuffer<Element>> {
    let function: StaticString = "MPI_Iallreduce"
    try admit(operation.refusal(of: Element.datatype, function), function)
    let count = try narrowCount(buffer.count, function)
    let address = buffer.address
    let type = Element.datatype.handle
    return try Request.start(function, buffer, retaining: [self]) {
      MPI_Iallreduce(
        cmpi_MPI_IN_PLACE(), address, count, type, operation.handle, handle, $0)
    }
  }

  /// Starts to combine every rank's source into the destination on every rank.
  ///
  /// Both must have the same count, the same on all ranks.
  ///
  /// The corresponding C function is `MPI_Iallreduce`.
  public func startAllReduce<Element: MPIDatatype>(
    _ source: consuming MessageBuffer<Element>,
    into destination: consuming MessageBuffer<Element>, _ operation: ReduceOperation
  ) throws(MPIError) -> Request<BufferPair<Element>> {
    let function: StaticString = "MPI_Iallreduce"
    let count = try narrowCount(source.count, function)
    try admit(
      operation.refusal(of: Element.datatype, function)
        ?? expectSame("destination", destination.count, source.count, function), function)
    let (from, to) = (source.address, destination.address)
    let type = Element.datatype.handle
    let pair = BufferPair(source: source, destination: destination)
    return try Request.start(function, pair, retaining: [self]) {
      MPI_Iallreduce(from, to, count, type, operation.handle, handle, $0)
    }
  }

  /// Starts to collect every rank's source on every rank, in the order of ranks.
  ///
  /// `destination` must have `source.count * size` elements, and all sources the same count.
  ///
  /// The corresponding C function is `MPI_Iallgather`.
  public func startAllGather<Element: MPIDatatype>(
    _ source: consuming MessageBuffer<Element>,
    into destination: consuming MessageBuffer<Element>
  ) throws(MPIError) -> Request<BufferPair<Element>> {
    let function: StaticString = "MPI_Iallgather"
    let count = try narrowCount(source.count, function)
    try admit(expectBlocks("destination", destination.count, count, function), function)
    let (from, to) = (source.address, destination.address)
    let type = Element.datatype.handle
    let pair = BufferPair(source: source, destination: destination)
    return try Request.start(function, pair, retaining: [self]) {
      MPI_Iallgather(from, count, type, to, count, type, handle, $0)
    }
  }

  /// Starts to send block r of the source to rank r and to receive its block as block r.
  ///
  /// Both must have the same count on all ranks, a multiple of the communicator's size.
  ///
  /// The corresponding C function is `MPI_Ialltoall`.
  public func startAllToAll<Element: MPIDatatype>(
    _ source: consuming MessageBuffer<Element>,
    into destination: consuming MessageBuffer<Element>
  ) throws(MPIError) -> Request<BufferPair<Element>> {
    let function: StaticString = "MPI_Ialltoall"
    let count = try narrowCount(source.count / size, function)
    try admit(
      expectBlocks("source", source.count, count, function)
        ?? expectBlocks("destination", destination.count, count, function), function)
    let (from, to) = (source.address, destination.address)
    let type = Element.datatype.handle
    let pair = BufferPair(source: source, destination: destination)
    return try Request.start(function, pair, retaining: [self]) {
      MPI_Ialltoall(from, count, type, to, count, type, handle, $0)
    }
  }

  /// Checks this rank's part of a nonblocking collective, without waiting for the other ranks.
  ///
  /// - Throws: `refusal`, or an ``MPIError`` if MPI is not running.
  func admit(_ refusal: MPIError?, _ function: StaticString) throws(MPIError) {
    try requireActive(function)
    if let refusal { throw refusal }
  }
}
