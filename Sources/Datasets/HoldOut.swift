import Random

/// Chooses the samples of a training set that are held out to evaluate on.
///
/// The set is cut, in the order of the file, into as many even blocks as samples are held out, and
/// each gives one, which is always drawn with the seed 0. So a file that is sorted by class gives
/// of each class its share, and what is held out follows from the two counts alone: it is the same
/// for every seed of a run and any number of ranks and shards.
package struct HoldOut: Equatable, Sendable {
  /// N, the number of samples in the file.
  package let sampleCount: Int
  /// The number of samples that are held out, 0 or below N.
  package let heldOut: Int

  /// Holds `heldOut` of `sampleCount` samples out.
  ///
  /// - Throws: ``DatasetError`` unless `heldOut` is 0, or above it and below `sampleCount`:
  ///   something must be left to learn from.
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
  package func count(of part: DatasetPart) -> Int {
    part == .validation ? heldOut : sampleCount - heldOut
  }

  /// The part that sample `index` of the file is in, and its number among the samples of that part,
  /// in the order of the file.
  package func place(ofSample index: Int) -> (isHeldOut: Bool, number: Int) {
    guard heldOut > 0 else { return (false, index) }
    let block = Self.ratio(index + 1, heldOut, sampleCount, roundedUp: true) - 1
    let chosen = choice(inBlock: block)
    if index == chosen { return (true, block) }
    return (false, index - block - (index > chosen ? 1 : 0))
  }

  /// The number in `part` of sample `index` of the file, or nil if it is in the other part.
  func number(ofSample index: Int, in part: DatasetPart) -> Int? {
    // Of a test set nothing is held out.
    if part == .test { return index }
    let place = place(ofSample: index)
    return place.isHeldOut == (part == .validation) ? place.number : nil
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
