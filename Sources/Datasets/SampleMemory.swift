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

/// The places in ``SampleMemory`` of the samples of a block of shards: shard by shard the images,
/// and behind them all shard by shard the labels, a byte each.
package struct SamplePlaces: Equatable, Sendable {
  /// The shards.
  package let shards: Range<Int>
  /// The bytes of an image.
  package let imageByteCount: Int
  /// For each shard, and behind the last, the number of samples in those before.
  private let samplesBefore: [Int]

  /// The places of `shards` of a data set.
  package init(_ layout: ShardLayout, shards: Range<Int>, imageByteCount: Int) {
    (self.shards, self.imageByteCount) = (shards, imageByteCount)
    var sum = 0
    samplesBefore =
      [0]
      + shards.map { shard in
        sum += layout.sampleCount(inShard: shard)
        return sum
      }
  }

  /// The bytes of all samples.
  package var byteCount: Int { sampleCount * (imageByteCount + 1) }

  /// The bytes of all images.
  var imagesByteCount: Int { sampleCount * imageByteCount }

  private var sampleCount: Int { samplesBefore[shards.count] }

  /// The index, among the samples that have a place, of the first sample of a shard.
  func firstSample(ofShard shard: Int) -> Int { samplesBefore[shard - shards.lowerBound] }

  /// The bytes of a shard's images.
  func images(ofShard shard: Int) -> Range<Int> {
    let range = samples(ofShard: shard)
    return range.lowerBound * imageByteCount..<range.upperBound * imageByteCount
  }

  /// The bytes of a shard's labels.
  func labels(ofShard shard: Int) -> Range<Int> {
    let (range, start) = (samples(ofShard: shard), imagesByteCount)
    return start + range.lowerBound..<start + range.upperBound
  }

  private func samples(ofShard shard: Int) -> Range<Int> {
    let index = shard - shards.lowerBound
    return samplesBefore[index]..<samplesBefore[index + 1]
  }
}
