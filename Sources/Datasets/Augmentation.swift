import Random
import Tensors

/// Random changes of the images of an epoch: they are mirrored, moved and mixed.
///
/// The change of an image is a function of the seed, the epoch and the sample's number in the data
/// set alone, and of what its shard has where images are mixed, so that it is the same on whichever
/// rank and thread it is gathered, and after a resume.
package struct Augmentation: Equatable, Sendable {
  /// The change of one image.
  package struct Change: Equatable, Sendable {
    /// True if it is mirrored, left for right.
    package let isFlipped: Bool
    /// The rows that it is moved downwards, and the pixels that it is moved to the right.
    package let down, right: Int

    /// The change of no image.
    static let none = Change(isFlipped: false, down: 0, right: 0)
  }

  /// The image and the label that are mixed into others (mixup, Zhang et al. 2018,
  /// <https://arxiv.org/abs/1710.09412>).
  package struct Mix: Equatable, Sendable {
    /// The other sample's position in the shard, each as likely; the sample's own, too.
    package let position: Int
    /// The change of the other image.
    package let change: Change
    /// The other sample's share, from 0 to 1/2.
    package let share: Float
  }

  private let seed: UInt64
  private let epoch: Int
  private let flip: Double
  private let shift: Int
  private let mixup: Double

  /// The changes of an epoch, or nil if there are none.
  ///
  /// - Parameters:
  ///   - flip: the probability of a mirror image.
  ///   - shift: the most pixels that an image is moved up, down, left and right; each number from
  ///     -shift to shift is as likely in both directions, and zeros come in.
  ///   - mixup: α, up to 1: each image is mixed with one of its shard at random, whose share is the
  ///     smaller of x and 1 - x, for x from the distribution Beta(α, α); not mixed if 0.
  package init?(flip: Double, shift: Int, mixup: Double, seed: UInt64, epoch: Int) {
    guard flip > 0 || shift > 0 || mixup > 0 else { return nil }
    (self.flip, self.shift, self.mixup) = (flip, shift, mixup)
    (self.seed, self.epoch) = (seed, epoch)
  }

  /// The change of a sample, by its number in the data set.
  package func change(ofSample index: Int) -> Change {
    change(
      CounterStream(seed: seed, purpose: .augmentation, first: epoch, second: index).block(at: 0))
  }

  /// The sample that is mixed into another, by the number of that one in the data set, of a shard
  /// of `size` samples; nil if nothing is.
  package func mix(ofSample index: Int, shardSize size: Int) -> Mix? {
    guard mixup > 0 else { return nil }
    var stream = CounterStream(seed: seed, purpose: .mixup, first: epoch, second: index)
    let position = Int(stream.next(below: UInt64(size)))
    return Mix(position: position, change: change(stream.block(at: 1)), share: share(stream))
  }

  private func change(_ words: SIMD4<UInt32>) -> Change {
    func offset(_ word: UInt32) -> Int {
      Int((UInt64(word) * UInt64(2 * shift + 1)) >> 32) - shift
    }
    return Change(
      isFlipped: Double(CounterStream.uniform(words[0])) < flip, down: offset(words[1]),
      right: offset(words[2]))
  }

  /// The smaller of x and 1 - x for x from Beta(α, α), from the blocks of `stream` after those of
  /// `mix`.
  ///
  /// Jöhnk's method: with uniform u and v, x = u^(1/α) / (u^(1/α) + v^(1/α)) if the sum is at most
  /// 1, and a new pair if not; with logarithms, since the powers may be too small for a number. It
  /// takes half of the pairs at α = 1 and more below, but few above.
  private func share(_ stream: CounterStream) -> Float {
    func logarithm(_ word: UInt32) -> Double { Elementary.log((Double(word) + 0.5) * 0x1p-32) }
    var index: UInt64 = 2
    while true {
      let words = stream.block(at: index)
      let (u, v) = (logarithm(words[0]), logarithm(words[1]))
      if Elementary.exp(u / mixup) + Elementary.exp(v / mixup) <= 1 {
        return Float(1 / (1 + Elementary.exp(abs(u - v) / mixup)))
      }
      index += 1
    }
  }
}
