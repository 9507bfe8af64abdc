import CMPI

// Nonblocking collectives whose blocks differ in size. The request keeps the layouts, too.

extension Communicator {
  /// Starts to collect every rank's source on every rank: block r of the destination is rank r's.
  ///
  /// `source` must have `layout.counts[rank]` elements and `destination` `layout.totalCount`; the
  /// layout must be the same on all ranks.
  ///
  /// The corresponding C function is `MPI_Iallgatherv`.
  public func startAllGather<Element: MPIDatatype>(
    _ source: consuming MessageBuffer<Element>,
    into destination: consuming MessageBuffer<Element>, layout: BlockLayout
  ) throws(MPIError) -> Request<BufferPair<Element>> {
    let function: StaticString = "MPI_Iallgatherv"
    let count = try narrowCount(source.count, function)
    try admit(
      expectLayout(layout, "destination", destination.count, function)
        ?? expectBlock(of: layout, "source", source.count, function), function)
    let (from, to) = (source.address, destination.address)
    let type = Element.datatype.handle
    let blocks = layout.storage
    let pair = BufferPair(source: source, destination: destination)
    return try Request.start(function, pair, retaining: [self, blocks]) {
      MPI_Iallgatherv(from, count, type, to, blocks.counts, blocks.offsets, type, handle, $0)
    }
  }

  /// Starts to collect every rank's block on every rank, in place: block r of the buffer is
  /// rank r's.
  ///
  /// `buffer` must have `layout.totalCount` elements, and the layout must be the same on all ranks.
  ///
  /// The corresponding C function is `MPI_Iallgatherv` with `MPI_IN_PLACE`.
  public func startAllGather<Element: MPIDatatype>(
    inPlace buffer: consuming MessageBuffer<Element>, layout: BlockLayout
  ) throws(MPIError) -> Request<MessageBuffer<Element>> {
    let function: StaticString = "MPI_Iallgatherv"
    try admit(expectLayout(layout, "buffer", buffer.count, function), function)
    let address = buffer.address
    let type = Element.datatype.handle
    let blocks = layout.storage
    return try Request.start(function, buffer, retaining: [self, blocks]) {
      MPI_Iallgatherv(
        cmpi_MPI_IN_PLACE(), 0, type, address, blocks.counts, blocks.offsets, type, handle,
        $0)
    }
  }

  /// Starts to send block r of the source to rank r and to receive its block as block r.
  ///
  /// The source layout's count for rank r must be rank r's destination layout's count for this
  /// rank; each buffer must have its layout's `totalCount`.
  ///
  /// The corresponding C function is `MPI_Ialltoallv`.
  public func startAllToAll<Element: MPIDatatype>(
    _ source: consuming MessageBuffer<Element>, layout sourceLayout: BlockLayout,
    into destination: consuming MessageBuffer<Element>, layout destinationLayout: BlockLayout
  ) throws(MPIError) -> Request<BufferPair<Element>> {
    let function: StaticString = "MPI_Ialltoallv"
    try admit(
      expectLayout(sourceLayout, "source", source.count, function)
        ?? expectLayout(destinationLayout, "destination", destination.count, function), function)
    let (from, to) = (source.address, destination.address)
    let type = Element.datatype.handle
    let (sent, received) = (sourceLayout.storage, destinationLayout.storage)
    let pair = BufferPair(source: source, destination: destination)
    return try Request.start(function, pair, retaining: [self, sent, received]) {
      MPI_Ialltoallv(
        from, sent.counts, sent.offsets, type, to, received.counts, received.offsets, type,
        handle, $0)
    }
  }
}
