// The only way from a span to the address that MPI takes. An empty span has no address, and MPI
// refuses a null or an aliased buffer in places even where the count is zero: empty spans get an
// address of their own, which is never read.

private var emptySource: UnsafeRawPointer {
  UnsafeRawPointer(bitPattern: 64).unsafelyUnwrapped
}

private var emptyDestination: UnsafeMutableRawPointer {
  UnsafeMutableRawPointer(bitPattern: 128).unsafelyUnwrapped
}

/// Calls `body` with the address of what is sent.
func withAddress<Element: MPIDatatype>(
  of source: Span<Element>, _ body: (UnsafeRawPointer) -> Int32
) -> Int32 {
  source.withUnsafeBufferPointer { body(UnsafeRawPointer($0.baseAddress) ?? emptySource) }
}

/// Calls `body` with the address of what is received or reduced in place.
func withAddress<Element: MPIDatatype>(
  of destination: inout MutableSpan<Element>, _ body: (UnsafeMutableRawPointer) -> Int32
) -> Int32 {
  destination.withUnsafeMutableBufferPointer {
    body(UnsafeMutableRawPointer($0.baseAddress) ?? emptyDestination)
  }
}

/// Calls `body` with the addresses of what is sent and what is received.
func withAddresses<Element: MPIDatatype>(
  _ source: Span<Element>, _ destination: inout MutableSpan<Element>,
  _ body: (UnsafeRawPointer, UnsafeMutableRawPointer) -> Int32
) -> Int32 {
  destination.withUnsafeMutableBufferPointer { destination in
    let end = UnsafeMutableRawPointer(destination.baseAddress) ?? emptyDestination
    return withAddress(of: source) { body($0, end) }
  }
}
