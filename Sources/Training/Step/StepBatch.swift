import Datasets
import Tensors

/// The samples of one step, and their random changes.
package struct StepBatch: Sendable {
  /// The samples of the whole batch, over all ranks.
  package let count: Int
  /// For each of this rank's shards, the positions of its slice of the batch.
  package let positions: [ArraySlice<Int>]
  /// The changes of the images; nil for none.
  package let augmentation: Augmentation?
  /// The masks between layers, of the first shard; nil for none.
  package let dropout: Dropout?
}

/// The settings of a step's random choices, each a function of the seed and of what it is for.
package struct StepRandomness: Sendable {
  /// The seed of the training.
  package var seed: UInt64
  /// True if each epoch has an order of its own; otherwise it is that of the file.
  package let shuffles: Bool
  /// The probability of dropout between layers.
  package let dropout: Double
  /// The settings of `Augmentation`.
  package let flip: Double, shift: Int, mixup: Double

  /// The order of a shard of `count` samples in an epoch.
  func order(epoch: Int, shard: Int, count: Int) -> EpochOrder {
    EpochOrder(count: count, shard: shard, epoch: epoch, seed: seed, isShuffled: shuffles)
  }

  /// The changes of the images of an epoch, or nil if there are none.
  func augmentation(epoch: Int) -> Augmentation? {
    Augmentation(flip: flip, shift: shift, mixup: mixup, seed: seed, epoch: epoch)
  }

  /// The masks of the step that follows `step` others, or nil if nothing is dropped.
  func dropout(step: Int) -> Dropout? {
    dropout > 0 ? Dropout(probability: dropout, seed: seed, step: step) : nil
  }
}
