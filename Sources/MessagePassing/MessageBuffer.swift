/// An owned block of elements whose address never changes, aligned to 64 bytes (a cache line).
///
/// A nonblocking operation takes the buffer away from its owner, and the request gives it back, so
/// that nobody can touch or free what MPI still reads or writes. Moving it moves no elements.
///
/// Sendable because it owns its elements alone and cannot be copied: one thread has it at a time.
public struct MessageBuffer<Element: MPIDatatype>: ~Copyable, @unchecked Sendable {
  let address: UnsafeMutablePointer<Element>
  /// The number of elements.
  public let count: Int

  /// A buffer of `count` elements whose bytes are zero. `count` must not be negative.
  public init(count: Int) {
    precondition(count >= 0, "a MessageBuffer cannot have \(count) elements")
    let byteCount = count * MemoryLayout<Element>.stride
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 64), alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    self.address = memory.bindMemory(to: Element.self, capacity: count)
    self.count = count
  }

  /// A buffer of `count` elements of one value. `count` must not be negative.
  public init(repeating value: Element, count: Int) {
    self.init(count: count)
    address.update(repeating: value, count: count)
  }

  /// A buffer with a copy of a span's elements.
  public init(copying elements: Span<Element>) {
    self.init(count: elements.count)
    for index in elements.indices { address[index] = elements[index] }
  }

  deinit { address.deallocate() }

  /// The elements, to read.
  public var span: Span<Element> {
    @_lifetime(borrow self)
    borrowing get {
      let span = Span(_unsafeStart: address, count: count)
      return _overrideLifetime(span, borrowing: self)
    }
  }

  /// The elements, to change.
  public var mutableSpan: MutableSpan<Element> {
    @_lifetime(&self)
    mutating get {
      let span = MutableSpan(_unsafeStart: address, count: count)
      return _overrideLifetime(span, mutating: &self)
    }
  }

  /// The element at an index, which must be less than ``count``.
  public subscript(index: Int) -> Element {
    get {
      precondition(index >= 0 && index < count, "index \(index) is not in a buffer of \(count)")
      return address[index]
    }
    set {
      precondition(index >= 0 && index < count, "index \(index) is not in a buffer of \(count)")
      address[index] = newValue
    }
  }
}

/// The two buffers of a nonblocking operation that reads one and writes the other.
@frozen
public struct BufferPair<Element: MPIDatatype>: ~Copyable {
  /// The buffer that was sent, unchanged.
  public var source: MessageBuffer<Element>
  /// The buffer that received.
  public var destination: MessageBuffer<Element>

  /// Two buffers that travel together.
  public init(
    source: consuming MessageBuffer<Element>, destination: consuming MessageBuffer<Element>
  ) {
    self.source = source
    self.destination = destination
  }
}
