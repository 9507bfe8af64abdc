import CMPI

// Collectives that combine the ranks' elements, position by position. Every rank must call the same
// one. Each throws MPIError of the class `operation` where the element type lacks the operation.

extension Communicator {
  /// Combines every rank's `buffer` and leaves the result in it on every rank.
  ///
  /// The count must be the same on all ranks.
  ///
  /// The corresponding C function is `MPI_Allreduce` with `MPI_IN_PLACE`.
  public func allReduce<Element: MPIDatatype>(
    _ buffer: inout MutableSpan<Element>, _ operation: ReduceOperation
  ) throws(MPIError) {
    let function: StaticString = "MPI_Allreduce"
    let type = Element.datatype
    let count = try narrowCount(buffer.count, function)
    try enter(function, count: buffer.count, datatype: type, operation: operation)
    try check(
      function,
      withAddress(of: &buffer) { address in
        complete(
          blocking: {
            MPI_Allreduce(
              cmpi_MPI_IN_PLACE(), address, count, type.handle, operation.handle, handle)
          },
          starting: {
            MPI_Iallreduce(
              cmpi_MPI_IN_PLACE(), address, count, type.handle, operation.handle, handle, $0)
          })
      })
  }

  /// Combines every rank's `source` into `destination` on every rank.
  ///
  /// Both must have the same count, the same on all ranks.
  ///
  /// The corresponding C function is `MPI_Allreduce`.
  public func allReduce<Element: MPIDatatype>(
    _ source: Span<Element>, into destination: inout MutableSpan<Element>,
    _ operation: ReduceOperation
  ) throws(MPIError) {
    let function: StaticString = "MPI_Allreduce"
    let type = Element.datatype
    let count = try narrowCount(source.count, function)
    let refusal = expectSame("destination", destination.count, source.count, function)
    try enter(
      function, count: source.count, datatype: type, operation: operation, refusal: refusal)
    try check(
      function,
      withAddresses(source, &destination) { from, to in
        complete(
          blocking: { MPI_Allreduce(from, to, count, type.handle, operation.handle, handle) },
          starting: { MPI_Iallreduce(from, to, count, type.handle, operation.handle, handle, $0) })
      })
  }

  /// Combines every rank's `buffer` and leaves the result in the root's; the others keep theirs.
  ///
  /// The count must be the same on all ranks.
  ///
  /// The corresponding C function is `MPI_Reduce` with `MPI_IN_PLACE` on the root.
  public func reduce<Element: MPIDatatype>(
    _ buffer: inout MutableSpan<Element>, _ operation: ReduceOperation, root: Int
  ) throws(MPIError) {
    let function: StaticString = "MPI_Reduce"
    let type = Element.datatype
    let count = try narrowCount(buffer.count, function)
    let cRoot = try narrow(root, "root", .root, function)
    try enter(function, count: buffer.count, root: root, datatype: type, operation: operation)
    try check(
      function,
      withAddress(of: &buffer) { address in
        let (from, to): (UnsafeRawPointer?, UnsafeMutableRawPointer?) =
          rank == root
          ? (UnsafeRawPointer(cmpi_MPI_IN_PLACE()), address) : (UnsafeRawPointer(address), nil)
        return complete(
          blocking: {
            // MPICH 4.0 and 4.1.1 read at the address MPI_IN_PLACE of a root that is not rank 0
            // (github.com/pmodels/mpich/issues/6540), and only there.
            guard MPIEnvironment.isOpenMPI || cRoot == 0 else {
              var request = cmpi_MPI_REQUEST_NULL()
              let code = MPI_Ireduce(
                from, to, count, type.handle, operation.handle, cRoot, handle, &request)
              return code == MPI_SUCCESS
                ? MPI_Wait(&request, cmpi_MPI_STATUS_IGNORE()) : code
            }
            return MPI_Reduce(from, to, count, type.handle, operation.handle, cRoot, handle)
          },
          starting: {
            MPI_Ireduce(from, to, count, type.handle, operation.handle, cRoot, handle, $0)
          })
      })
  }

  /// Combines every rank's `source` into the root's `destination`.
  ///
  /// `source` must have the same count on all ranks. On the root, `destination` must have it too;
  /// elsewhere it is not used and may be empty.
  ///
  /// The corresponding C function is `MPI_Reduce`.
  public func reduce<Element: MPIDatatype>(
    _ source: Span<Element>, into destination: inout MutableSpan<Element>,
    _ operation: ReduceOperation, root: Int
  ) throws(MPIError) {
    let function: StaticString = "MPI_Reduce"
    let type = Element.datatype
    let count = try narrowCount(source.count, function)
    let cRoot = try narrow(root, "root", .root, function)
    let refusal =
      rank == root ? expectSame("destination", destination.count, source.count, function) : nil
    try enter(
      function, count: source.count, root: root, datatype: type, operation: operation,
      refusal: refusal)
    try check(
      function,
      withAddresses(source, &destination) { from, to in
        complete(
          blocking: { MPI_Reduce(from, to, count, type.handle, operation.handle, cRoot, handle) },
          starting: {
            MPI_Ireduce(from, to, count, type.handle, operation.handle, cRoot, handle, $0)
          })
      })
  }

  /// Combines every rank's `source`, and gives rank r block r of the result.
  ///
  /// `source` must have `destination.count * size` elements, and all destinations the same count.
  ///
  /// The corresponding C function is `MPI_Reduce_scatter_block`.
  public func reduceScatter<Element: MPIDatatype>(
    _ source: Span<Element>, into destination: inout MutableSpan<Element>,
    _ operation: ReduceOperation
  ) throws(MPIError) {
    let function: StaticString = "MPI_Reduce_scatter_block"
    let type = Element.datatype
    let blockCount = destination.count
    let count = try narrowCount(blockCount, function)
    let refusal = expectBlocks("source", source.count, count, function)
    try enter(
      function, count: blockCount, datatype: type, operation: operation, refusal: refusal)
    try check(
      function,
      withAddresses(source, &destination) { from, to in
        complete(
          blocking: {
            MPI_Reduce_scatter_block(from, to, count, type.handle, operation.handle, handle)
          },
          starting: {
            MPI_Ireduce_scatter_block(from, to, count, type.handle, operation.handle, handle, $0)
          })
      })
  }

  /// Combines every rank's `source`, and gives rank r block r of the result as `layout` cuts it.
  ///
  /// `source` must have `layout.totalCount` elements and `destination` this rank's count; the
  /// layout must be the same on all ranks.
  ///
  /// The corresponding C function is `MPI_Reduce_scatter`.
  public func reduceScatter<Element: MPIDatatype>(
    _ source: Span<Element>, into destination: inout MutableSpan<Element>,
    _ operation: ReduceOperation, layout: BlockLayout
  ) throws(MPIError) {
    let function: StaticString = "MPI_Reduce_scatter"
    let type = Element.datatype
    let refusal =
      expectLayout(layout, "source", source.count, function)
      ?? expectBlock(of: layout, "destination", destination.count, function)
    try enter(
      function, layout: layout, datatype: type, operation: operation, refusal: refusal)
    try check(
      function,
      withAddresses(source, &destination) { from, to in
        complete(
          blocking: {
            MPI_Reduce_scatter(
              from, to, layout.storage.counts, type.handle, operation.handle, handle)
          },
          starting: {
            MPI_Ireduce_scatter(
              from, to, layout.storage.counts, type.handle, operation.handle, handle, $0)
          })
      })
  }

  func expectSame(
    _ name: StaticString, _ found: Int, _ expected: Int, _ function: StaticString
  ) -> MPIError? {
    expect(name, found, toHold: expected, function, because: "as many as the source")
  }
}
