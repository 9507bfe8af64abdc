#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Memory for `count` elements, zeroed at first, aligned to 64 bytes (a cache line and the widest
/// vector), and freed with the last reference.
///
/// The system gives a buffer that is not small its pages, and clears them, when they are first
/// touched: by the thread that uses them, and not all at once while a signal waits.
///
/// `@unchecked Sendable` holds as long as no element is written by one thread while another uses
/// it; whoever hands out parts of a buffer to threads sees to that.
package final class AlignedBuffer<Element: BitwiseCopyable>: @unchecked Sendable {
  /// The number of elements.
  package let count: Int
  let base: UnsafeMutablePointer<Element>
  /// Who frees the elements.
  private let holder: Holder

  private enum Holder {
    case cLibrary
    /// The bytes that are mapped.
    case mapping(Int)
    /// Whoever has the last reference to this.
    case owner(AnyObject)
  }

  /// Allocates `count` elements whose bytes are all zero.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  package init(count: Int) throws(TensorError) {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard count >= 0, !overflow, bytes <= Int.max - 2 * Self.largePage else {
      throw .outOfMemory(elements: count)
    }
    let alignment = bytes >= Self.largePage ? Self.largePage : 64
    let size = Self.rounded(bytes, to: alignment)
    let isMapped = bytes >= Self.smallestMapping
    guard let raw = isMapped ? Self.map(size, alignment) : Self.allocate(size) else {
      throw .outOfMemory(elements: count)
    }
    holder = isMapped ? .mapping(size) : .cLibrary
    self.count = count
    base = raw.bindMemory(to: Element.self, capacity: count)
  }

  /// The `count` elements from `base` on, which begin a line of 64 bytes, and which `owner` frees
  /// when it goes.
  package init(at base: UnsafeMutablePointer<Element>, count: Int, of owner: AnyObject) {
    precondition(
      UInt(bitPattern: base) % 64 == 0 && count >= 0, "a buffer does not begin at a cache line")
    (self.base, self.count) = (base, count)
    holder = .owner(owner)
  }

  deinit {
    switch holder {
    case .cLibrary: free(base)
    case .mapping(let size): munmap(base, size)
    case .owner: break
    }
  }

  /// The size of a large page of memory. Buffers as large are put on such pages, since the
  /// processor remembers the addresses of only so many pages.
  private static var largePage: Int { 1 << 21 }

  /// Buffers as large are mapped for themselves, and go back to the system when they are freed.
  private static var smallestMapping: Int { 1 << 17 }

  private static func rounded(_ bytes: Int, to unit: Int) -> Int {
    max((bytes + unit - 1) / unit * unit, unit)
  }

  /// Allocates zeroed memory of `size` bytes; nil if there is none.
  private static func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
    let raw = aligned_alloc(64, size)
    if let raw { memset(raw, 0, size) }
    return raw
  }

  /// Maps `size` bytes of zeroed memory that begin at a large page, if that is the alignment; nil if
  /// there are none.
  private static func map(_ size: Int, _ alignment: Int) -> UnsafeMutableRawPointer? {
    let isLarge = alignment == largePage
    let mapped = mmap(
      nil, isLarge ? size + largePage : size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
      -1, 0)
    guard let mapped, mapped != MAP_FAILED else { return nil }
    guard isLarge else { return mapped }
    let before = (largePage - Int(bitPattern: mapped) % largePage) % largePage
    let raw = mapped + before
    if before > 0 { munmap(mapped, before) }
    munmap(raw + size, largePage - before)
    #if os(Linux)
      madvise(raw, size, MADV_HUGEPAGE)
    #endif
    return raw
  }

  /// Calls `body` with the elements in `range`, all of them if nil.
  package func withSpan<Result, Failure: Error>(
    _ range: Range<Int>? = nil, _ body: (Span<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let range = checked(range)
    return try body(UnsafeBufferPointer(start: base + range.lowerBound, count: range.count).span)
  }

  /// Calls `body` with the elements in `range`, all of them if nil, for writing.
  package func withMutableSpan<Result, Failure: Error>(
    _ range: Range<Int>? = nil, _ body: (inout MutableSpan<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let range = checked(range)
    var span = UnsafeMutableBufferPointer(start: base + range.lowerBound, count: range.count)
      .mutableSpan
    return try body(&span)
  }

  private func checked(_ range: Range<Int>?) -> Range<Int> {
    let range = range ?? 0..<count
    precondition(0 <= range.lowerBound && range.upperBound <= count, "range outside of the buffer")
    return range
  }
}

extension AlignedBuffer where Element == Float {
  /// The whole buffer, or `rows * columns` elements from `offset` on, as a row-major matrix.
  package func matrix(_ rows: Int, _ columns: Int, at offset: Int = 0) -> Matrix {
    Matrix(buffer: self, offset: offset, rows: rows, columns: columns)
  }
}
