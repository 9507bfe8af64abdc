import Datasets
import Networks
import Tensors

extension ShardedDataset {
  /// Puts samples into a classifier's input, and calls `body` with their labels, and with those that are
  /// mixed into them.
  package func withMinibatch<Result>(
    shard: Int, positions: ArraySlice<Int>, in classifier: RecurrentClassifier,
    labels: AlignedBuffer<Int32>, augmentation: Augmentation? = nil,
    _ body: (Span<Int32>, [MixedLabel]) throws -> Result
  ) throws -> Result {
    let rows = 0..<positions.count
    let mixed = try classifier.input(rows: rows.count).withMutableSpan { images in
      try labels.withMutableSpan(rows) { labels in
        try gather(
          shard: shard, positions: positions, augmentation: augmentation, into: &images,
          labels: &labels)
      }
    }
    return try labels.withSpan(rows) { try body($0, mixed) }
  }
}
