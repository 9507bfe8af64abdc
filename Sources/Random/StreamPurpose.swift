extension CounterStream {
  /// The use that a stream's words are for, so that two uses of one seed stay independent.
  ///
  /// Every purpose in the package stands here: a number is never used twice, and never changes,
  /// since the bits of a run follow from it.
  package enum Purpose: UInt32, Sendable {
    /// The order of a shard's samples: first = epoch, second = shard.
    case sampleOrder = 1
    /// Initial parameters: first = tensor.
    case initialParameters = 2
    /// Dropout masks: first = step, second = shard.
    case dropout = 3
    /// The samples that are held out: second = block.
    case holdOut = 16
    /// The changes of an image: first = epoch, second = sample.
    case augmentation = 17
    /// The image that is mixed into another: first = epoch, second = sample.
    case mixup = 18
    /// The order of an image's pixels.
    case pixelOrder = 19
  }
}
