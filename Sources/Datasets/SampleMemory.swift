import Tensors

/// Memory for the samples of a block of shards, in which nothing changes once they are read: of
/// this process alone, or of all ranks of a host.
package protocol SampleMemory: AnyObject, Sendable {
  /// Calls `body` with all bytes.
  func withBytes<Result, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result
}

extension AlignedBuffer<UInt8>: SampleMemory {
  package func withBytes<Result, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withSpan(nil, body)
  }
}

/// The places in ``SampleMemory`` of the samples of a block of shards: shard by shard their numbers,
/// or the samples' indices in the file that keeps their numbers, and behind them all, in the same
/// order, the labels and the lengths.
package struct SamplePlaces: Equatable, Sendable {
  /// The shards.
  package let shards: Range<Int>
  private let form: SampleForm
  /// The bytes of a sample's numbers, or of its index.
  private let numberByteCount: Int
  /// For each shard, and behind the last, the number of samples in those before.
  private let samplesBefore: [Int]

  /// The places of `shards` of a data set.
  ///
  /// - Parameter areOnDisk: true if their numbers stay in the file.
  package init(
    _ layout: ShardLayout, shards: Range<Int>, form: SampleForm, areOnDisk: Bool = false
  ) {
    (self.shards, self.form) = (shards, form)
    numberByteCount = areOnDisk ? MemoryLayout<Int64>.size : form.byteCount
    var sum = 0
    samplesBefore =
      [0]
      + shards.map { shard in
        sum += layout.sampleCount(inShard: shard)
        return sum
      }
  }

  /// The bytes of all samples.
  package var byteCount: Int { lengthStart + (form.hasLengths ? 4 * sampleCount : 0) }

  private var sampleCount: Int { samplesBefore[shards.count] }
  private var labelStart: Int { sampleCount * numberByteCount }
  private var lengthStart: Int { labelStart + 4 * sampleCount }

  /// The place of a sample.
  func place(shard: Int, position: Int) -> SamplePlace {
    let index = samplesBefore[shard - shards.lowerBound] + position
    return SamplePlace(
      numbers: index * numberByteCount, label: labelStart + 4 * index,
      length: lengthStart + 4 * index)
  }
}
