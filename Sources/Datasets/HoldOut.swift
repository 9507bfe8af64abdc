import Random

/// Which samples of a training set are held out to evaluate on.
///
/// The set is cut, in the order of the file, into as many even blocks as samples are held out, and each
/// gives one, which is always drawn with the seed 0. So a file that is sorted by class gives of each class
/// its share, and what is held out follows from the two counts alone: it is the same for every seed of a run
/// and any number of ranks and shards.
package struct HoldOut: Equatable, Sendable {
  /// The two parts of the training set.
  package enum Part: Sendable {
    /// What is learned from.
    case training
    /// What is held out.
    case validation
  }

  /// N, the number of samples in the file.
  package let sampleCount: Int
  /// The number of samples that are held out, 0 or below N.
  package let heldOut: Int

  /// Holds `heldOut` of `sampleCount` samples out.
  ///
  /// - Throws: ``DatasetError`` unless `heldOut` is 0, or above it and below `sampleCount`: something
  ///   must be left to learn from.
  package init(sampleCount: Int, heldOut: Int) throws(DatasetError) {
    guard heldOut == 0 || (1..<max(sampleCount, 1)).contains(heldOut) else {
      throw DatasetError(
        .impossibleLayout, in: "data.validation", found: "\(heldOut) samples",
        expected: "fewer than the \(sampleCount) training samples, and at least 0",
        advice: "set data.validation to a number in that range")
    }
    self.sampleCount = sampleCount
    self.heldOut = heldOut
  }

  /// The number of samples in a part.
  package func count(of part: Part) -> Int {
    part == .training ? sampleCount - heldOut : heldOut
  }

  /// The part that sample `index` of the file is in, and its number there, which counts in the order of
  /// the file.
  package func place(ofSample index: Int) -> (part: Part, number: Int) {
    guard heldOut > 0 else { return (.training, index) }
    let block = Self.ratio(index + 1, heldOut, sampleCount, roundedUp: true) - 1
    let chosen = choice(inBlock: block)
    if index == chosen { return (.validation, block) }
    return (.training, index - block - (index > chosen ? 1 : 0))
  }

  /// The number in `part` of sample `index` of the file, or nil if it is in the other part.
  func number(ofSample index: Int, in part: Part) -> Int? {
    let place = place(ofSample: index)
    return place.part == part ? place.number : nil
  }

  private func choice(inBlock block: Int) -> Int {
    let start = Self.ratio(block, sampleCount, heldOut)
    let size = Self.ratio(block + 1, sampleCount, heldOut) - start
    var stream = CounterStream(seed: 0, purpose: .holdOut, second: block)
    return start + Int(stream.next(below: UInt64(size)))
  }

  /// a · b / c, whose product may need more than 64 bits.
  private static func ratio(_ a: Int, _ b: Int, _ c: Int, roundedUp: Bool = false) -> Int {
    let (quotient, remainder) = c.dividingFullWidth(a.multipliedFullWidth(by: b))
    return quotient + (roundedUp && remainder > 0 ? 1 : 0)
  }
}
