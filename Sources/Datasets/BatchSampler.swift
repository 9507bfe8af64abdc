/// Deals an epoch's samples out to its steps, and each step's to the shards.
///
/// An epoch has N places. Place p belongs to shard p mod S, and there to place p / S of that
/// shard's ``EpochOrder``. Step k covers the places k·B ..< min((k+1)·B, N): nothing is padded,
/// dropped or seen twice, every batch takes its share from every shard, and the last batch may be
/// smaller. Without shuffling, batch k is exactly the samples k·B ..< (k+1)·B of the file.
package struct BatchSampler: Equatable, Sendable {
  /// The shards that batches are taken from.
  package let layout: ShardLayout
  /// B, the number of samples in a whole global batch.
  package let batchSize: Int

  /// A sampler of `sampleCount` samples in `shardCount` shards, `batchSize` at a time.
  ///
  /// - Throws: ``DatasetError`` where `batchSize` is below 1 or the layout is impossible.
  package init(sampleCount: Int, batchSize: Int, shardCount: Int) throws(DatasetError) {
    layout = try ShardLayout(sampleCount: sampleCount, shardCount: shardCount)
    guard batchSize >= 1 else {
      throw DatasetError(
        .impossibleLayout, in: "train.batch", found: "\(batchSize)",
        expected: "at least 1 sample in a batch", advice: "set train.batch to a positive number")
    }
    self.batchSize = batchSize
  }

  /// The number of steps in an epoch: ⌈N / B⌉.
  package var stepsPerEpoch: Int { (layout.sampleCount - 1) / batchSize + 1 }

  /// The number of samples in the batch of `step`, over all shards; 0 past the epoch's end.
  package func batchCount(step: Int) -> Int { places(step: step).count }

  /// The places of `shard`'s order that `step` takes; empty where it takes none.
  package func slice(step: Int, shard: Int) -> Range<Int> {
    let places = places(step: step)
    return layout.placesBefore(
      places.lowerBound, inShard: shard)..<layout.placesBefore(places.upperBound, inShard: shard)
  }

  /// The most samples that any step takes from any shard: ⌈min(B, N) / S⌉.
  package var maximumSliceCount: Int {
    (min(batchSize, layout.sampleCount) - 1) / layout.shardCount + 1
  }

  /// The places of the epoch that `step` covers.
  private func places(step: Int) -> Range<Int> {
    guard step >= 0, step < stepsPerEpoch else { return 0..<0 }
    let start = step * batchSize
    return start..<start + min(batchSize, layout.sampleCount - start)
  }
}
