import CMPI

// Collectives whose blocks differ in size from rank to rank, as a BlockLayout says.

extension Communicator {
  /// Collects every rank's `source` on the root, where block r of `destination` is rank r's.
  ///
  /// `source` must have `layout.counts[rank]` elements. On the root, `destination` must have
  /// `layout.totalCount`; elsewhere it is not used and may be empty. The layout must be the same on
  /// all ranks.
  ///
  /// The corresponding C function is `MPI_Gatherv`.
  public func gather<Element: MPIDatatype>(
    _ source: Span<Element>, into destination: inout MutableSpan<Element>, layout: BlockLayout,
    root: Int
  ) throws(MPIError) {
    let function: StaticString = "MPI_Gatherv"
    let type = Element.datatype
    let count = try narrowCount(source.count, function)
    let cRoot = try narrow(root, "root", .root, function)
    let refusal =
      expectLayout(
        layout, "destination", rank == root ? destination.count : layout.totalCount, function)
      ?? expectBlock(of: layout, "source", source.count, function)
    try enter(function, root: root, layout: layout, datatype: type, refusal: refusal)
    try check(
      function,
      withAddresses(source, &destination) { from, to in
        complete(
          blocking: {
            MPI_Gatherv(
              from, count, type.handle, to, layout.storage.counts, layout.storage.offsets,
              type.handle, cRoot, handle)
          },
          starting: {
            MPI_Igatherv(
              from, count, type.handle, to, layout.storage.counts, layout.storage.offsets,
              type.handle, cRoot, handle, $0)
          })
      })
  }

  /// Gives rank r the root's block r.
  ///
  /// `destination` must have `layout.counts[rank]` elements. On the root, `source` must have
  /// `layout.totalCount`; elsewhere it is not used and may be empty. The layout must be the same on
  /// all ranks.
  ///
  /// The corresponding C function is `MPI_Scatterv`.
  public func scatter<Element: MPIDatatype>(
    _ source: Span<Element>, into destination: inout MutableSpan<Element>, layout: BlockLayout,
    root: Int
  ) throws(MPIError) {
    let function: StaticString = "MPI_Scatterv"
    let type = Element.datatype
    let count = try narrowCount(destination.count, function)
    let cRoot = try narrow(root, "root", .root, function)
    let refusal =
      expectLayout(layout, "source", rank == root ? source.count : layout.totalCount, function)
      ?? expectBlock(of: layout, "destination", destination.count, function)
    try enter(function, root: root, layout: layout, datatype: type, refusal: refusal)
    try check(
      function,
      withAddresses(source, &destination) { from, to in
        complete(
          blocking: {
            MPI_Scatterv(
              from, layout.storage.counts, layout.storage.offsets, type.handle, to, count,
              type.handle, cRoot, handle)
          },
          starting: {
            MPI_Iscatterv(
              from, layout.storage.counts, layout.storage.offsets, type.handle, to, count,
              type.handle, cRoot, handle, $0)
          })
      })
  }

  /// Collects every rank's `source` on every rank, where block r of `destination` is rank r's.
  ///
  /// `source` must have `layout.counts[rank]` elements and `destination` `layout.totalCount`. The
  /// layout must be the same on all ranks.
  ///
  /// The corresponding C function is `MPI_Allgatherv`.
  public func allGather<Element: MPIDatatype>(
    _ source: Span<Element>, into destination: inout MutableSpan<Element>, layout: BlockLayout
  ) throws(MPIError) {
    let function: StaticString = "MPI_Allgatherv"
    let type = Element.datatype
    let count = try narrowCount(source.count, function)
    let refusal =
      expectLayout(layout, "destination", destination.count, function)
      ?? expectBlock(of: layout, "source", source.count, function)
    try enter(function, layout: layout, datatype: type, refusal: refusal)
    try check(
      function,
      withAddresses(source, &destination) { from, to in
        complete(
          blocking: {
            MPI_Allgatherv(
              from, count, type.handle, to, layout.storage.counts, layout.storage.offsets,
              type.handle, handle)
          },
          starting: {
            MPI_Iallgatherv(
              from, count, type.handle, to, layout.storage.counts, layout.storage.offsets,
              type.handle, handle, $0)
          })
      })
  }

  /// Collects every rank's block on every rank, in place: block r of `buffer` is rank r's.
  ///
  /// `buffer` must have `layout.totalCount` elements, and the layout must be the same on all ranks.
  ///
  /// The corresponding C function is `MPI_Allgatherv` with `MPI_IN_PLACE`.
  public func allGather<Element: MPIDatatype>(
    inPlace buffer: inout MutableSpan<Element>, layout: BlockLayout
  ) throws(MPIError) {
    let function: StaticString = "MPI_Allgatherv"
    let type = Element.datatype
    let refusal = expectLayout(layout, "buffer", buffer.count, function)
    try enter(function, layout: layout, datatype: type, refusal: refusal)
    try check(
      function,
      withAddress(of: &buffer) { address in
        complete(
          blocking: {
            MPI_Allgatherv(
              cmpi_MPI_IN_PLACE(), 0, type.handle, address, layout.storage.counts,
              layout.storage.offsets, type.handle, handle)
          },
          starting: {
            MPI_Iallgatherv(
              cmpi_MPI_IN_PLACE(), 0, type.handle, address, layout.storage.counts,
              layout.storage.offsets, type.handle, handle, $0)
          })
      })
  }

  /// Sends block r of `source` to rank r, and receives rank r's block as block r of `destination`.
  ///
  /// The source layout's count for rank r must be rank r's destination layout's count for this
  /// rank; each span must have its layout's `totalCount`.
  ///
  /// The corresponding C function is `MPI_Alltoallv`.
  public func allToAll<Element: MPIDatatype>(
    _ source: Span<Element>, layout sourceLayout: BlockLayout,
    into destination: inout MutableSpan<Element>, layout destinationLayout: BlockLayout
  ) throws(MPIError) {
    let function: StaticString = "MPI_Alltoallv"
    let type = Element.datatype
    let refusal =
      expectLayout(sourceLayout, "source", source.count, function)
      ?? expectLayout(destinationLayout, "destination", destination.count, function)
    try enter(function, datatype: type, refusal: refusal)
    if checksAgreement {
      try agree(on: sourceLayout, destinationLayout, function)
    }
    try check(
      function,
      withAddresses(source, &destination) { from, to in
        complete(
          blocking: {
            MPI_Alltoallv(
              from, sourceLayout.storage.counts, sourceLayout.storage.offsets, type.handle, to,
              destinationLayout.storage.counts, destinationLayout.storage.offsets, type.handle,
              handle)
          },
          starting: {
            MPI_Ialltoallv(
              from, sourceLayout.storage.counts, sourceLayout.storage.offsets, type.handle, to,
              destinationLayout.storage.counts, destinationLayout.storage.offsets, type.handle,
              handle, $0)
          })
      })
  }

  /// Throws on every rank unless each expects from each what that one sends.
  private func agree(
    on source: BlockLayout, _ destination: BlockLayout, _ function: StaticString
  ) throws(MPIError) {
    var coming = [Int32](repeating: 0, count: size)
    let int = Datatype.int32.handle
    try check(
      "MPI_Alltoall", MPI_Alltoall(source.storage.counts, 1, int, &coming, 1, int, handle))
    let mismatch = coming.indices.first { Int(coming[$0]) != destination.counts[$0] }
    let refusal = mismatch.map { sender in
      MPIError(
        refusing: function, .count,
        "rank \(sender) sends \(coming[sender]) elements to rank \(rank), which expects "
          + "\(destination.counts[sender])")
    }
    try enter(function, refusal: refusal)
  }

  /// An error if a layout is not the communicator's or does not fill its span.
  func expectLayout(
    _ layout: BlockLayout, _ name: StaticString, _ found: Int, _ function: StaticString
  ) -> MPIError? {
    guard layout.counts.count == size else {
      return MPIError(
        refusing: function, .count,
        "the layout of the \(name) has \(layout.counts.count) blocks and the communicator has "
          + "\(size) ranks; a layout has one block for each rank")
    }
    return expect(
      name, found, toHold: layout.totalCount, function, because: "the layout's blocks together")
  }

  /// An error if a span is not this rank's block of a layout, which has a block for each rank.
  func expectBlock(
    of layout: BlockLayout, _ name: StaticString, _ found: Int, _ function: StaticString
  ) -> MPIError? {
    expect(
      name, found, toHold: layout.counts[rank], function,
      because: "the layout's block for rank \(rank)")
  }
}
