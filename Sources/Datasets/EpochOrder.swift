import Random

/// The order in which one shard's samples come up in one epoch.
///
/// It is a function of the seed, the epoch, the shard and the shard's size alone, so that it is the
/// same on whichever rank the shard lives, and after a resume.
package struct EpochOrder: Sendable {
  /// The positions in the shard, in the order of their use: a permutation of 0 ..< count.
  package let positions: [Int]

  /// The order of a shard of `count` samples.
  ///
  /// - Parameters:
  ///   - count: the number of samples in the shard.
  ///   - shard: the number of the shard.
  ///   - epoch: the number of the epoch.
  ///   - seed: the seed of the run.
  ///   - isShuffled: without it the order is that of the file in every epoch.
  package init(count: Int, shard: Int, epoch: Int, seed: UInt64, isShuffled: Bool = true) {
    var positions = Array(0..<max(0, count))
    if isShuffled {
      var stream = CounterStream(seed: seed, purpose: .sampleOrder, first: epoch, second: shard)
      stream.shuffle(&positions)
    }
    self.positions = positions
  }

  /// The positions at some places of the order, such as those of
  /// ``BatchSampler/slice(step:shard:)``.
  package subscript(places: Range<Int>) -> ArraySlice<Int> { positions[places] }
}

extension CounterStream {
  /// Puts numbers in a random order.
  ///
  /// Source: Durstenfeld's form of the Fisher–Yates shuffle.
  mutating func shuffle(_ numbers: inout [Int]) {
    for last in numbers.indices.dropFirst().reversed() {
      numbers.swapAt(last, Int(next(below: UInt64(last) + 1)))
    }
  }
}
