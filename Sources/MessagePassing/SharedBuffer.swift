import CMPI
import Glibc
import Synchronization

/// A block of elements in memory that all ranks of a communicator share: the others read what one
/// writes, with no message. The ranks must be on one host, as after ``Communicator/splitByNode()``.
///
/// Nothing orders what the ranks do here. A rank may read the elements that another has written
/// after ``synchronize()`` on the one, a barrier, and ``synchronize()`` on the other; and no rank
/// may write what another may be using.
///
/// The memory goes with the last reference on the last rank, and no rank waits for another then.
///
/// MPI's counterpart is `MPI_Win_allocate_shared`. Open MPI puts such memory into a file in
/// `/dev/shm` whose pages are found when they are touched: where there is no room, which is usual in
/// containers, the system then kills the process. This memory is a file without a name, and all of
/// it is reserved before a rank has it.
public final class SharedBuffer<Element: MPIDatatype> {
  /// The number of elements.
  public let count: Int
  /// The first element, which begins a line of 64 bytes; valid as long as the buffer is.
  package let address: UnsafeMutablePointer<Element>
  private let segment: SharedSegment

  /// The bytes before the elements: a cache line that tells the segment from any other.
  private static var headerSize: Int { 64 }

  /// Allocates `count` elements, whose bytes are zero. All ranks must call this with the same count.
  ///
  /// The corresponding C functions are `memfd_create`, `posix_fallocate` and `mmap`.
  ///
  /// - Throws: ``MPIError`` of the class `noMemory` on every rank if one of them cannot have the
  ///   memory, or is on another host; of the class `count` if there is no such memory.
  public init(count: Int, in communicator: Communicator) throws(MPIError) {
    let function: StaticString = "memfd_create"
    let (bytes, overflows) = max(count, 1).multipliedReportingOverflow(
      by: MemoryLayout<Element>.stride)
    let refusal =
      count < 0 || overflows || bytes > Int.max - 2 * Self.headerSize
      ? MPIError(
        refusing: function, .count, "\(count) elements are not a block of 0 to \(Int.max) bytes")
      : nil
    try communicator.enter(function, count: count, datatype: Element.datatype, refusal: refusal)
    if let refusal { throw refusal }
    segment = try Self.segment(byteCount: bytes + Self.headerSize, communicator, function)
    self.count = count
    address = (segment.address + Self.headerSize).bindMemory(to: Element.self, capacity: count)
  }

  /// Makes the segment on the first rank and maps it on the others; each reserves a part.
  private static func segment(
    byteCount: Int, _ communicator: Communicator, _ function: StaticString
  ) throws(MPIError) -> SharedSegment {
    var segment: SharedSegment?
    var failure = ""
    func attempt(_ body: () throws(SegmentError) -> Void) {
      do throws(SegmentError) { try body() } catch { failure = error.description }
    }
    // Its process, its descriptor there, and a number that no other segment begins with.
    var place = [Int]()
    if communicator.rank == 0 {
      attempt { () throws(SegmentError) in
        let new = try SharedSegment(byteCount: byteCount)
        try new.reserve(part: 0, of: communicator.size)
        let token = Int.random(in: 1...(.max))
        new.address.storeBytes(of: token, as: Int.self)
        place = [new.file.process, new.file.descriptor, token]
        segment = new
      }
    }
    try communicator.broadcast(&place, root: 0)
    if communicator.rank > 0, place.count == 3 {
      attempt { () throws(SegmentError) in
        let other = try SharedSegment(
          ofProcess: place[0], descriptor: place[1], byteCount: byteCount)
        try other.reserve(part: communicator.rank, of: communicator.size)
        guard other.address.load(as: Int.self) == place[2] else {
          throw SegmentError("the memory of rank 0", ESTALE)
        }
        segment = other
      }
    }
    let failures = try communicator.allGather(Array(failure.utf8))
    segment?.closeFile()
    let rank = failures.firstIndex { !$0.isEmpty }
    guard rank == nil, let segment else {
      throw MPIError(
        refusing: function, .noMemory,
        "\(byteCount) bytes of memory that \(communicator.size) ranks share are not to be had: "
          + "rank \(rank ?? 0) failed in \(String(decoding: failures[rank ?? 0], as: UTF8.self))")
    }
    return segment
  }

  /// Shows this rank's writes to the other ranks, and their writes to this one.
  ///
  /// MPI's counterpart is `MPI_Win_sync`.
  public func synchronize() { atomicMemoryFence(ordering: .sequentiallyConsistent) }

  /// Calls `body` with the elements; no other rank may write to them meanwhile.
  public func withSpan<Result, Failure: Error>(
    _ body: (Span<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeBufferPointer(start: address, count: count).span)
  }

  /// Calls `body` with the elements, of which it may change those that no other rank uses.
  public func withMutableSpan<Result, Failure: Error>(
    _ body: (inout MutableSpan<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var span = UnsafeMutableBufferPointer(start: address, count: count).mutableSpan
    return try body(&span)
  }
}
