import Tensors

/// How the images of an epoch are changed: mirrored and moved at random.
///
/// What becomes of an image is a function of the seed, the epoch and the sample's number in the data set
/// alone, so that it is the same on whichever rank and thread it is gathered, and after a resume.
public struct Augmentation: Equatable, Sendable {
  /// What becomes of one image.
  public struct Change: Equatable, Sendable {
    /// Whether it is mirrored, left for right.
    public let isFlipped: Bool
    /// The rows that it is moved downwards, and the pixels that it is moved to the right.
    public let down, right: Int

    /// The change of no image.
    static let none = Change(isFlipped: false, down: 0, right: 0)
  }

  private let seed: UInt64
  private let epoch: Int
  private let flip: Double
  private let shift: Int

  /// The changes of an epoch, or nil if there are none.
  ///
  /// - Parameters:
  ///   - flip: the probability of a mirror image.
  ///   - shift: the most pixels that an image is moved up, down, left and right; each number from
  ///     -shift to shift is as likely in both directions, and zeros come in.
  public init?(flip: Double, shift: Int, seed: UInt64, epoch: Int) {
    guard flip > 0 || shift > 0 else { return nil }
    (self.flip, self.shift, self.seed, self.epoch) = (flip, shift, seed, epoch)
  }

  /// What becomes of a sample, by its number in the data set.
  public func change(ofSample index: Int) -> Change {
    let words = CounterStream(
      seed: seed, purpose: .augmentation, first: epoch, second: index
    ).block(at: 0)
    func offset(_ word: UInt32) -> Int {
      Int((UInt64(word) * UInt64(2 * shift + 1)) >> 32) - shift
    }
    return Change(
      isFlipped: Double(CounterStream.uniform(words[0])) < flip, down: offset(words[1]),
      right: offset(words[2]))
  }
}

extension CounterStream.Purpose {
  /// How an image is changed: first = epoch, second = sample.
  static let augmentation = CounterStream.Purpose(rawValue: 17)
}
