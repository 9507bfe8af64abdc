import CMPI

// Collectives that move blocks of one size. Every rank of the communicator must call the same one.

extension Communicator {
  /// Waits until every rank has called it. The corresponding C function is `MPI_Barrier`.
  public func barrier() throws(MPIError) {
    try enter("MPI_Barrier")
    try check(
      "MPI_Barrier",
      complete(blocking: { MPI_Barrier(handle) }, starting: { MPI_Ibarrier(handle, $0) }))
  }

  /// Copies the root's elements to every rank's `buffer`, whose count must be the same on all.
  ///
  /// The corresponding C function is `MPI_Bcast`.
  public func broadcast<Element: MPIDatatype>(
    _ buffer: inout MutableSpan<Element>, root: Int
  ) throws(MPIError) {
    let function: StaticString = "MPI_Bcast"
    let type = Element.datatype
    let count = try narrowCount(buffer.count, function)
    let cRoot = try narrow(root, "root", .root, function)
    try enter(function, count: buffer.count, root: root, datatype: type)
    try check(
      function,
      withAddress(of: &buffer) { address in
        complete(
          blocking: { MPI_Bcast(address, count, type.handle, cRoot, handle) },
          starting: { MPI_Ibcast(address, count, type.handle, cRoot, handle, $0) })
      })
  }

  /// Collects every rank's `source` on the root, one after the other in the order of ranks.
  ///
  /// On the root, `destination` must have `source.count * size` elements; elsewhere it is not used
  /// and may be empty. All sources must have the same count.
  ///
  /// The corresponding C function is `MPI_Gather`.
  public func gather<Element: MPIDatatype>(
    _ source: Span<Element>, into destination: inout MutableSpan<Element>, root: Int
  ) throws(MPIError) {
    let function: StaticString = "MPI_Gather"
    let type = Element.datatype
    let count = try narrowCount(source.count, function)
    let cRoot = try narrow(root, "root", .root, function)
    let refusal =
      rank == root ? expectBlocks("destination", destination.count, count, function) : nil
    try enter(function, count: source.count, root: root, datatype: type, refusal: refusal)
    try check(
      function,
      withAddresses(source, &destination) { from, to in
        complete(
          blocking: { MPI_Gather(from, count, type.handle, to, count, type.handle, cRoot, handle) },
          starting: {
            MPI_Igather(from, count, type.handle, to, count, type.handle, cRoot, handle, $0)
          })
      })
  }

  /// Gives rank r the root's block r: the elements from `r * destination.count` on.
  ///
  /// On the root, `source` must have `destination.count * size` elements; elsewhere it is not used
  /// and may be empty. All destinations must have the same count.
  ///
  /// The corresponding C function is `MPI_Scatter`.
  public func scatter<Element: MPIDatatype>(
    _ source: Span<Element>, into destination: inout MutableSpan<Element>, root: Int
  ) throws(MPIError) {
    let function: StaticString = "MPI_Scatter"
    let type = Element.datatype
    let blockCount = destination.count
    let count = try narrowCount(blockCount, function)
    let cRoot = try narrow(root, "root", .root, function)
    let refusal = rank == root ? expectBlocks("source", source.count, count, function) : nil
    try enter(function, count: blockCount, root: root, datatype: type, refusal: refusal)
    try check(
      function,
      withAddresses(source, &destination) { from, to in
        complete(
          blocking: {
            MPI_Scatter(from, count, type.handle, to, count, type.handle, cRoot, handle)
          },
          starting: {
            MPI_Iscatter(from, count, type.handle, to, count, type.handle, cRoot, handle, $0)
          })
      })
  }

  /// Collects every rank's `source` on every rank, one after the other in the order of ranks.
  ///
  /// `destination` must have `source.count * size` elements, and all sources the same count.
  ///
  /// The corresponding C function is `MPI_Allgather`.
  public func allGather<Element: MPIDatatype>(
    _ source: Span<Element>, into destination: inout MutableSpan<Element>
  ) throws(MPIError) {
    let function: StaticString = "MPI_Allgather"
    let type = Element.datatype
    let count = try narrowCount(source.count, function)
    let refusal = expectBlocks("destination", destination.count, count, function)
    try enter(function, count: source.count, datatype: type, refusal: refusal)
    try check(
      function,
      withAddresses(source, &destination) { from, to in
        complete(
          blocking: { MPI_Allgather(from, count, type.handle, to, count, type.handle, handle) },
          starting: { MPI_Iallgather(from, count, type.handle, to, count, type.handle, handle, $0) }
        )
      })
  }

  /// Collects every rank's block on every rank, in place: block r of `buffer` is rank r's.
  ///
  /// `buffer` must have the same count on all ranks, a multiple of the communicator's size.
  ///
  /// The corresponding C function is `MPI_Allgather` with `MPI_IN_PLACE`.
  public func allGather<Element: MPIDatatype>(
    inPlace buffer: inout MutableSpan<Element>
  ) throws(MPIError) {
    let function: StaticString = "MPI_Allgather"
    let type = Element.datatype
    let count = try narrowCount(buffer.count / size, function)
    let refusal = expectBlocks("buffer", buffer.count, count, function)
    try enter(function, count: buffer.count, datatype: type, refusal: refusal)
    try check(
      function,
      withAddress(of: &buffer) { address in
        complete(
          blocking: {
            MPI_Allgather(
              cmpi_MPI_IN_PLACE(), count, type.handle, address, count, type.handle, handle)
          },
          starting: {
            MPI_Iallgather(
              cmpi_MPI_IN_PLACE(), count, type.handle, address, count, type.handle, handle, $0)
          })
      })
  }

  /// Sends block r of `source` to rank r, and receives rank r's block as block r of `destination`.
  ///
  /// Both must have the same count on all ranks, a multiple of the communicator's size.
  ///
  /// The corresponding C function is `MPI_Alltoall`.
  public func allToAll<Element: MPIDatatype>(
    _ source: Span<Element>, into destination: inout MutableSpan<Element>
  ) throws(MPIError) {
    let function: StaticString = "MPI_Alltoall"
    let type = Element.datatype
    let count = try narrowCount(source.count / size, function)
    let refusal =
      expectBlocks("source", source.count, count, function)
      ?? expectBlocks("destination", destination.count, count, function)
    try enter(function, count: source.count, datatype: type, refusal: refusal)
    try check(
      function,
      withAddresses(source, &destination) { from, to in
        complete(
          blocking: { MPI_Alltoall(from, count, type.handle, to, count, type.handle, handle) },
          starting: { MPI_Ialltoall(from, count, type.handle, to, count, type.handle, handle, $0) })
      })
  }

  /// Exchanges block r of `buffer` with rank r's block for this rank, for every r.
  ///
  /// `buffer` must have the same count on all ranks, a multiple of the communicator's size.
  ///
  /// The corresponding C function is `MPI_Alltoall` with `MPI_IN_PLACE`.
  public func allToAll<Element: MPIDatatype>(
    inPlace buffer: inout MutableSpan<Element>
  ) throws(MPIError) {
    let function: StaticString = "MPI_Alltoall"
    let type = Element.datatype
    let count = try narrowCount(buffer.count / size, function)
    let refusal = expectBlocks("buffer", buffer.count, count, function)
    try enter(function, count: buffer.count, datatype: type, refusal: refusal)
    try check(
      function,
      withAddress(of: &buffer) { address in
        complete(
          blocking: {
            MPI_Alltoall(
              cmpi_MPI_IN_PLACE(), count, type.handle, address, count, type.handle, handle)
          },
          starting: {
            MPI_Ialltoall(
              cmpi_MPI_IN_PLACE(), count, type.handle, address, count, type.handle, handle, $0)
          })
      })
  }

  /// An error if a span is not one block of `blockCount` elements for each rank.
  func expectBlocks(
    _ name: StaticString, _ found: Int, _ blockCount: Int32, _ function: StaticString
  ) -> MPIError? {
    expect(
      name, found, toHold: Int(blockCount) * size, function,
      because: "\(size) ranks with a block of \(blockCount) each")
  }
}
