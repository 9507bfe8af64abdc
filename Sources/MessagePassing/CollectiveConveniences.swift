// Collectives on single values and arrays, which allocate as they need.

extension Communicator {
  /// Combines every rank's value, on every rank. The corresponding C function is `MPI_Allreduce`.
  public func allReduce<Element: MPIDatatype>(
    _ value: Element, _ operation: ReduceOperation
  ) throws(MPIError) -> Element {
    try withMutableSpan(ofValue: value) { (span) throws(MPIError) in
      try allReduce(&span, operation)
    }
  }

  /// Combines every rank's array position by position, in place, on every rank.
  ///
  /// The count must be the same on all ranks. The corresponding C function is `MPI_Allreduce`.
  public func allReduce<Element: MPIDatatype>(
    _ array: inout [Element], _ operation: ReduceOperation
  ) throws(MPIError) {
    try withMutableSpan(of: &array) { (span) throws(MPIError) in
      try allReduce(&span, operation)
    }
  }

  /// Combines every rank's value; the root gets the result and the others nil.
  ///
  /// The corresponding C function is `MPI_Reduce`.
  public func reduce<Element: MPIDatatype>(
    _ value: Element, _ operation: ReduceOperation, root: Int
  ) throws(MPIError) -> Element? {
    let result = try withMutableSpan(ofValue: value) { (span) throws(MPIError) in
      try reduce(&span, operation, root: root)
    }
    return rank == root ? result : nil
  }

  /// The root's value, on every rank. The corresponding C function is `MPI_Bcast`.
  public func broadcast<Element: MPIDatatype>(
    _ value: Element, root: Int
  ) throws(MPIError) -> Element {
    try withMutableSpan(ofValue: value) { (span) throws(MPIError) in
      try broadcast(&span, root: root)
    }
  }

  /// Replaces every rank's array with the root's; the others need not know its length.
  ///
  /// The corresponding C function is `MPI_Bcast`, called for the length and then for the elements.
  public func broadcast<Element: MPIDatatype>(
    _ array: inout [Element], root: Int
  ) throws(MPIError) {
    let count = try broadcast(array.count, root: root)
    if rank != root { array = zeros(count) }
    try withMutableSpan(of: &array) { (span) throws(MPIError) in
      try broadcast(&span, root: root)
    }
  }

  /// The root's text, on every rank. The corresponding C function is `MPI_Bcast`.
  public func broadcast(_ text: String, root: Int) throws(MPIError) -> String {
    var bytes = rank == root ? Array(text.utf8) : []
    try broadcast(&bytes, root: root)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Every rank's value in the order of ranks, on the root; nil on the others.
  ///
  /// The corresponding C function is `MPI_Gather`.
  public func gather<Element: MPIDatatype>(
    _ value: Element, root: Int
  ) throws(MPIError) -> [Element]? {
    var values: [Element] = rank == root ? zeros(size) : []
    try withMutableSpan(of: &values) { (values) throws(MPIError) in
      try withSpan(ofValue: value) { (source) throws(MPIError) in
        try gather(source, into: &values, root: root)
      }
    }
    return rank == root ? values : nil
  }

  /// Every rank's value in the order of ranks, on every rank.
  ///
  /// The corresponding C function is `MPI_Allgather`.
  public func allGather<Element: MPIDatatype>(_ value: Element) throws(MPIError) -> [Element] {
    var values: [Element] = zeros(size)
    try withMutableSpan(of: &values) { (values) throws(MPIError) in
      try withSpan(ofValue: value) { (source) throws(MPIError) in
        try allGather(source, into: &values)
      }
    }
    return values
  }

  /// Every rank's array in the order of ranks, on every rank; the arrays may differ in length.
  ///
  /// The corresponding C functions are `MPI_Allgather` for the lengths and `MPI_Allgatherv`.
  public func allGather<Element: MPIDatatype>(_ array: [Element]) throws(MPIError) -> [[Element]] {
    let layout = try BlockLayout(counts: allGather(array.count))
    var all: [Element] = zeros(layout.totalCount)
    try withMutableSpan(of: &all) { (all) throws(MPIError) in
      try withSpan(of: array) { (source) throws(MPIError) in
        try allGather(source, into: &all, layout: layout)
      }
    }
    return (0..<size).map { Array(all[layout.range(of: $0)]) }
  }

  /// Sends element r to rank r, and returns what the ranks sent here in their order.
  ///
  /// The array must have as many elements as there are ranks, or a multiple of that for blocks.
  /// The corresponding C function is `MPI_Alltoall`.
  public func allToAll<Element: MPIDatatype>(_ array: [Element]) throws(MPIError) -> [Element] {
    var received: [Element] = zeros(array.count)
    try withMutableSpan(of: &received) { (received) throws(MPIError) in
      try withSpan(of: array) { (source) throws(MPIError) in
        try allToAll(source, into: &received)
      }
    }
    return received
  }
}

/// An array of zeros to receive into.
///
/// Every datatype that MPI predefines has a value whose bytes are zero.
func zeros<Element: MPIDatatype>(_ count: Int) -> [Element] {
  [Element](unsafeUninitializedCapacity: count) { buffer, initializedCount in
    UnsafeMutableRawBufferPointer(buffer).initializeMemory(as: UInt8.self, repeating: 0)
    initializedCount = count
  }
}
