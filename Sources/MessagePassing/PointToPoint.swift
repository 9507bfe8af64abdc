import CMPI

// Messages from one rank to another. Messages between two ranks with one tag keep their order.
// A rank or a tag that does not exist throws MPIError of the class `rank` or `tag`.

extension Communicator {
  /// Sends elements to a rank, and returns when `source` may be changed: before the message is
  /// received, or only then, as the library and the length have it. In MPICH, a rank that sends to
  /// itself waits for ever; `sendReceive` does not. A tag is at least 0.
  ///
  /// The corresponding C function is `MPI_Send`.
  public func send<Element: MPIDatatype>(
    _ source: Span<Element>, to destination: Int, tag: Int = 0
  ) throws(MPIError) {
    let function: StaticString = "MPI_Send"
    try requireActive(function)
    let count = try narrowCount(source.count, function)
    let peer = try narrowRank(destination, function)
    let cTag = try narrowTag(tag, function)
    try check(
      function,
      withAddress(of: source) {
        MPI_Send($0, count, Element.datatype.handle, peer, cTag, handle)
      })
  }

  /// Receives a message of at most `destination.count` elements; the status says how many came.
  ///
  /// A nil source or tag takes a message from any rank or with any tag. A longer message throws
  /// ``MPIError`` of the class ``MPIError/ErrorClass/truncate``.
  ///
  /// The corresponding C function is `MPI_Recv`.
  @discardableResult
  public func receive<Element: MPIDatatype>(
    into destination: inout MutableSpan<Element>, from source: Int?, tag: Int? = nil
  ) throws(MPIError) -> Status {
    let function: StaticString = "MPI_Recv"
    try requireActive(function)
    let count = try narrowCount(destination.count, function)
    let (peer, cTag) = try pattern(source, tag, function)
    var status = MPI_Status()
    try check(
      function,
      withAddress(of: &destination) {
        MPI_Recv($0, count, Element.datatype.handle, peer, cTag, handle, &status)
      })
    return try Status(status, Element.datatype, function)
  }

  /// Sends to one rank and receives from another, or the same, without the risk of a deadlock.
  ///
  /// The two spans may have different counts. A nil source takes a message from any rank, and a nil
  /// `receiveTag` one with any tag.
  ///
  /// The corresponding C function is `MPI_Sendrecv`.
  @discardableResult
  public func sendReceive<Element: MPIDatatype>(
    _ message: Span<Element>, to destination: Int, tag: Int = 0,
    into buffer: inout MutableSpan<Element>, from source: Int?, receiveTag: Int? = nil
  ) throws(MPIError) -> Status {
    let function: StaticString = "MPI_Sendrecv"
    try requireActive(function)
    let type = Element.datatype.handle
    let sendCount = try narrowCount(message.count, function)
    let receiveCount = try narrowCount(buffer.count, function)
    let peer = try narrowRank(destination, function)
    let sendTag = try narrowTag(tag, function)
    let (sender, cTag) = try pattern(source, receiveTag, function)
    var status = MPI_Status()
    try check(
      function,
      withAddresses(message, &buffer) {
        MPI_Sendrecv(
          $0, sendCount, type, peer, sendTag, $1, receiveCount, type, sender, cTag, handle,
          &status)
      })
    return try Status(status, Element.datatype, function)
  }

  /// Waits for a message of elements of a type and describes it, without receiving it.
  ///
  /// The corresponding C function is `MPI_Probe`.
  public func probe<Element: MPIDatatype>(
    _ type: Element.Type, from source: Int?, tag: Int? = nil
  ) throws(MPIError) -> Status {
    let function: StaticString = "MPI_Probe"
    try requireActive(function)
    let (peer, cTag) = try pattern(source, tag, function)
    var status = MPI_Status()
    try check(function, MPI_Probe(peer, cTag, handle, &status))
    return try Status(status, Element.datatype, function)
  }

  /// Describes a message that has arrived, without receiving it; nil if none has.
  ///
  /// The corresponding C function is `MPI_Iprobe`.
  public func probeNow<Element: MPIDatatype>(
    _ type: Element.Type, from source: Int?, tag: Int? = nil
  ) throws(MPIError) -> Status? {
    let function: StaticString = "MPI_Iprobe"
    try requireActive(function)
    let (peer, cTag) = try pattern(source, tag, function)
    var flag: Int32 = 0
    var status = MPI_Status()
    try check(function, MPI_Iprobe(peer, cTag, handle, &flag, &status))
    return flag == 0 ? nil : try Status(status, Element.datatype, function)
  }

  func narrowRank(_ rank: Int, _ function: StaticString) throws(MPIError) -> Int32 {
    // Some negative numbers mean something to MPI (no rank, any rank), and none of them here.
    guard (0..<size).contains(rank) else {
      throw MPIError(
        refusing: function, .rank,
        "there is no rank \(rank): the communicator's ranks are 0 to \(size - 1)")
    }
    return Int32(rank)
  }

  func narrowTag(_ tag: Int, _ function: StaticString) throws(MPIError) -> Int32 {
    guard tag >= 0 else {
      throw MPIError(refusing: function, .tag, "the tag \(tag) is negative; tags start at 0")
    }
    return try narrow(tag, "tag", .tag, function)
  }

  /// Converts the source and the tag of a receive, where nil is MPI's wildcard.
  func pattern(
    _ source: Int?, _ tag: Int?, _ function: StaticString
  ) throws(MPIError) -> (source: Int32, tag: Int32) {
    let cSource = if let source { try narrowRank(source, function) } else { MPI_ANY_SOURCE }
    let cTag = if let tag { try narrowTag(tag, function) } else { MPI_ANY_TAG }
    return (cSource, cTag)
  }
}
