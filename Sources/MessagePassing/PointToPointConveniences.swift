import CMPI

// Messages of single values and arrays.

extension Communicator {
  /// Sends one value to a rank. The corresponding C function is `MPI_Send`.
  public func send<Element: MPIDatatype>(
    _ value: Element, to destination: Int, tag: Int = 0
  ) throws(MPIError) {
    try withSpan(ofValue: value) { (source) throws(MPIError) in
      try send(source, to: destination, tag: tag)
    }
  }

  /// Sends an array to a rank. The corresponding C function is `MPI_Send`.
  public func send<Element: MPIDatatype>(
    _ array: [Element], to destination: Int, tag: Int = 0
  ) throws(MPIError) {
    try withSpan(of: array) { (source) throws(MPIError) in
      try send(source, to: destination, tag: tag)
    }
  }

  /// Receives one value; a message of another length throws ``MPIError``.
  ///
  /// A nil source or tag takes a message from any rank or with any tag.
  /// The corresponding C function is `MPI_Recv`.
  public func receive<Element: MPIDatatype>(
    _ type: Element.Type, from source: Int?, tag: Int? = nil
  ) throws(MPIError) -> Element {
    var values: [Element] = zeros(1)
    let status = try withMutableSpan(of: &values) { (values) throws(MPIError) in
      try receive(into: &values, from: source, tag: tag)
    }
    guard status.count == 1 else {
      throw MPIError(
        refusing: "MPI_Recv", .count,
        "the message from rank \(status.source) has \(status.count) elements, and one is expected")
    }
    return values[0]
  }

  /// Receives a message of any length.
  ///
  /// A nil source or tag takes a message from any rank or with any tag.
  /// The corresponding C functions are `MPI_Mprobe` and `MPI_Mrecv`.
  public func receive<Element: MPIDatatype>(
    _ type: [Element].Type, from source: Int?, tag: Int? = nil
  ) throws(MPIError) -> (elements: [Element], status: Status) {
    try requireActive("MPI_Mprobe")
    let (peer, cTag) = try pattern(source, tag, "MPI_Mprobe")
    var message = cmpi_MPI_MESSAGE_NULL()
    var raw = MPI_Status()
    try check("MPI_Mprobe", MPI_Mprobe(peer, cTag, handle, &message, &raw))
    let status = try Status(raw, Element.datatype, "MPI_Mprobe")
    var elements: [Element] = zeros(status.count)
    let count = Int32(status.count)
    let code = elements.withUnsafeMutableBytes {
      MPI_Mrecv(
        $0.baseAddress, count, Element.datatype.handle, &message, cmpi_MPI_STATUS_IGNORE())
    }
    try check("MPI_Mrecv", code)
    return (elements, status)
  }
}
