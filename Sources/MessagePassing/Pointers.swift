// The only way from a span to the address that MPI takes. An empty span has no address, and MPI
// refuses a null or an aliased buffer in places even where the count is zero: empty spans get an
// address of their own, which is never read.

private var emptySource: UnsafeRawPointer {
  UnsafeRawPointer(bitPattern: 64).unsafelyUnwrapped
}

private var emptyDestination: UnsafeMutableRawPointer {
  UnsafeMutableRawPointer(bitPattern: 128).unsafelyUnwrapped
}

/// Calls `body` with the address of the elements to send.
func withAddress<Element: MPIDatatype>(
  of source: Span<Element>, _ body: (UnsafeRawPointer) -> Int32
) -> Int32 {
  source.withUnsafeBufferPointer { body(UnsafeRawPointer($0.baseAddress) ?? emptySource) }
}

/// Calls `body` with the address of the elements to receive, or to reduce in place.
func withAddress<Element: MPIDatatype>(
  of destination: inout MutableSpan<Element>, _ body: (UnsafeMutableRawPointer) -> Int32
) -> Int32 {
  destination.withUnsafeMutableBufferPointer {
    body(UnsafeMutableRawPointer($0.baseAddress) ?? emptyDestination)
  }
}

/// Calls `body` with the addresses of the elements to send and to receive.
func withAddresses<Element: MPIDatatype>(
  _ source: Span<Element>, _ destination: inout MutableSpan<Element>,
  _ body: (UnsafeRawPointer, UnsafeMutableRawPointer) -> Int32
) -> Int32 {
  destination.withUnsafeMutableBufferPointer { destination in
    let end = UnsafeMutableRawPointer(destination.baseAddress) ?? emptyDestination
    return withAddress(of: source) { body($0, end) }
  }
}

// Spans of arrays and single values, for the conveniences. They avoid `Array.span` and its like: in
// unspecialized generic code, Swift 6.3's optimizer takes the elements behind that property as
// never read, and drops the caller's stores to them.

/// Calls `body` with an array's elements.
func withSpan<Element: MPIDatatype, Result>(
  of array: [Element], _ body: (Span<Element>) throws(MPIError) -> Result
) throws(MPIError) -> Result {
  try array.withUnsafeBufferPointer { (buffer) throws(MPIError) in try body(buffer.span) }
}

/// Calls `body` with an array's elements, which it may change.
func withMutableSpan<Element: MPIDatatype, Result>(
  of array: inout [Element], _ body: (inout MutableSpan<Element>) throws(MPIError) -> Result
) throws(MPIError) -> Result {
  try array.withUnsafeMutableBufferPointer { (buffer) throws(MPIError) in
    var span = buffer.mutableSpan
    return try body(&span)
  }
}

/// Calls `body` with a span of one value.
func withSpan<Element: MPIDatatype, Result>(
  ofValue value: Element, _ body: (Span<Element>) throws(MPIError) -> Result
) throws(MPIError) -> Result {
  try withUnsafePointer(to: value) { (address) throws(MPIError) in
    try body(UnsafeBufferPointer(start: address, count: 1).span)
  }
}

/// Calls `body` with a span of one value, and returns the value afterward.
func withMutableSpan<Element: MPIDatatype>(
  ofValue value: Element, _ body: (inout MutableSpan<Element>) throws(MPIError) -> Void
) throws(MPIError) -> Element {
  var value = value
  try withUnsafeMutablePointer(to: &value) { (address) throws(MPIError) in
    var span = UnsafeMutableBufferPointer(start: address, count: 1).mutableSpan
    try body(&span)
  }
  return value
}
