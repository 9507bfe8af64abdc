/// A division of a span into one block for each rank: block r has `counts[r]` elements, and the
/// blocks follow each other in the order of ranks with no gaps.
///
/// The initializer checks it once; then it serves any number of variable collectives.
///
/// The corresponding C arguments are `counts` and `displs`.
public struct BlockLayout: Sendable, Equatable {
  /// The number of elements in each rank's block.
  public let counts: [Int]
  /// The index of each block's first element.
  public let offsets: [Int]
  /// The number of elements in all blocks.
  public let totalCount: Int
  let storage: Storage
  let fingerprint: Int

  /// Creates a layout from the size of each rank's block.
  ///
  /// - Throws: ``MPIError`` if a count is negative, or if the blocks together have more elements
  ///   than a C `int` can count.
  public init(counts: [Int]) throws(MPIError) {
    var offsets: [Int] = []
    var total = 0
    for (rank, count) in counts.enumerated() {
      offsets.append(total)
      let (sum, overflows) = total.addingReportingOverflow(count)
      guard count >= 0, !overflows, Int32(exactly: sum) != nil else {
        throw MPIError(
          refusing: "BlockLayout", .count,
          "block \(rank) has \(count) elements after \(total) in the blocks before it; counts are "
            + "not negative, and MPI 3.1 counts at most \(Int32.max) elements in all")
      }
      total = sum
    }
    self.counts = counts
    self.offsets = offsets
    self.totalCount = total
    self.storage = Storage(counts: counts, offsets: offsets)
    self.fingerprint = MessagePassing.fingerprint(of: counts)
  }

  /// Cuts `totalCount` elements into `parts` blocks as evenly as possible: the first
  /// `totalCount % parts` blocks have one element more.
  ///
  /// - Throws: ``MPIError`` if `totalCount` is negative or more than a C `int` can count, or if
  ///   `parts` is not positive.
  public static func even(_ totalCount: Int, parts: Int) throws(MPIError) -> BlockLayout {
    guard parts > 0, totalCount >= 0 else {
      throw MPIError(
        refusing: "BlockLayout", .count,
        "cannot cut \(totalCount) elements into \(parts) blocks: the elements must not be negative "
          + "and the blocks must be at least one")
    }
    let (quotient, remainder) = totalCount.quotientAndRemainder(dividingBy: parts)
    return try BlockLayout(counts: (0..<parts).map { quotient + ($0 < remainder ? 1 : 0) })
  }

  /// The indices of a rank's block. The rank must have a block.
  public func range(of rank: Int) -> Range<Int> {
    offsets[rank]..<offsets[rank] + counts[rank]
  }

  /// True if both have the same blocks.
  public static func == (left: Self, right: Self) -> Bool { left.counts == right.counts }

  /// The counts and offsets as C ints, at an address that stays while a nonblocking call reads it.
  ///
  /// Sendable because `init` alone writes the memory, and nobody else frees it before `deinit`.
  final class Storage: @unchecked Sendable {
    let counts: UnsafePointer<Int32>
    let offsets: UnsafePointer<Int32>

    init(counts: [Int], offsets: [Int]) {
      func copy(_ values: [Int]) -> UnsafePointer<Int32> {
        let copy = UnsafeMutableBufferPointer<Int32>.allocate(capacity: max(values.count, 1))
        _ = copy.initialize(from: values.lazy.map(Int32.init(_:)))
        return UnsafePointer(copy.baseAddress.unsafelyUnwrapped)
      }
      self.counts = copy(counts)
      self.offsets = copy(offsets)
    }

    deinit {
      counts.deallocate()
      offsets.deallocate()
    }
  }
}
