/// A sequence of random words that is a function of a seed, a purpose and two indices, and of
/// nothing else: any rank or thread draws any part of it at any time and sees the same words.
///
/// Word n is word n mod 4 of the Philox block whose key is the seed and whose counter is (n / 4,
/// second, first, purpose). Streams that differ in any of these never share a block. A stream has
/// 2³⁴ words, after which it starts again.
package struct CounterStream: Sendable {
  private let key: SIMD2<UInt32>
  private let suffix: SIMD3<UInt32>
  private var position: UInt64 = 0

  /// The stream that belongs to `seed`, `purpose` and the two indices.
  ///
  /// - Parameters:
  ///   - first: the first index, such as an epoch or the number of a tensor, modulo 2³².
  ///   - second: the second index, such as a shard, modulo 2³².
  package init(seed: UInt64, purpose: Purpose, first: Int = 0, second: Int = 0) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    suffix = SIMD3(
      UInt32(truncatingIfNeeded: second), UInt32(truncatingIfNeeded: first), purpose.rawValue)
  }

  /// Words 4 · `index` ..< 4 · `index` + 4 of the stream.
  package func block(at index: UInt64) -> SIMD4<UInt32> {
    let low = UInt32(truncatingIfNeeded: index)
    return Philox4x32.block(counter: SIMD4(low, suffix[0], suffix[1], suffix[2]), key: key)
  }

  /// Word `index` of the stream.
  package func word(at index: UInt64) -> UInt32 {
    block(at: index / 4)[Int(index % 4)]
  }

  /// Number `index` of the stream as a uniform value in [0, 1): a multiple of 2⁻²⁴.
  package func uniform(at index: UInt64) -> Float {
    Self.uniform(word(at: index))
  }

  /// The upper 24 bits of `word` as a uniform value in [0, 1): a multiple of 2⁻²⁴, so exact.
  package static func uniform(_ word: UInt32) -> Float {
    Float(word >> 8) * 0x1p-24
  }

  /// The next word; a new stream starts at word 0.
  package mutating func next() -> UInt32 {
    defer { position &+= 1 }
    return word(at: position)
  }

  /// A uniform integer in 0 ..< `bound`, from the next two words; 0 where `bound` is 0.
  ///
  /// The two words are a 64-bit fraction r / 2⁶⁴ and the result is ⌊r · bound / 2⁶⁴⌋, the upper
  /// half of a product. No draw is rejected, so that the place of each draw in the stream is known;
  /// no value's probability is off by more than 2⁻⁶⁴.
  package mutating func next(below bound: UInt64) -> UInt64 {
    let low = UInt64(next())
    let high = UInt64(next())
    return (high << 32 | low).multipliedFullWidth(by: bound).high
  }
}
