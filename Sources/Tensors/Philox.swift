/// Philox-4x32 with 10 rounds: a bijection of 128-bit counters for each 64-bit key, with no state.
///
/// Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC '11).
package enum Philox4x32 {
  /// The four random words that belong to `counter` under `key`.
  package static func block(
    counter: SIMD4<UInt32>, key: SIMD2<UInt32>
  ) -> SIMD4<UInt32> {
    var counter = counter
    var key = key
    for _ in 0..<10 {
      let first = UInt64(counter[0]) &* 0xD251_1F53
      let second = UInt64(counter[2]) &* 0xCD9E_8D57
      counter = SIMD4(
        UInt32(truncatingIfNeeded: second >> 32) ^ counter[1] ^ key[0],
        UInt32(truncatingIfNeeded: second),
        UInt32(truncatingIfNeeded: first >> 32) ^ counter[3] ^ key[1],
        UInt32(truncatingIfNeeded: first))
      key &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
    }
    return counter
  }
}

/// A sequence of random words that is a function of a seed, a purpose and two indices, and of nothing
/// else: any rank or thread draws any part of it at any time and sees the same words.
///
/// Word n is word n mod 4 of the Philox block whose key is the seed and whose counter is
/// (n / 4, second, first, purpose). Streams that differ in any of these never share a block. A stream
/// has 2³⁴ words, after which it starts again.
package struct CounterStream: Sendable {
  /// What a stream's words are for, so that two uses of one seed stay independent.
  package struct Purpose: RawRepresentable, Hashable, Sendable {
    /// The number that stands in the counter.
    package let rawValue: UInt32

    /// A purpose by its number.
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The order of a shard's samples: first = epoch, second = shard.
    package static let sampleOrder = Purpose(rawValue: 1)
    /// Initial parameters: first = tensor.
    package static let initialParameters = Purpose(rawValue: 2)
    /// Dropout masks.
    package static let dropout = Purpose(rawValue: 3)
  }

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
  /// The two words are a 64-bit fraction r / 2⁶⁴ and the result is ⌊r · bound / 2⁶⁴⌋, the upper half of
  /// a product. No draw is rejected, so that the place of each draw in the stream is known; no value's
  /// probability is off by more than 2⁻⁶⁴.
  package mutating func next(below bound: UInt64) -> UInt64 {
    let low = UInt64(next())
    let high = UInt64(next())
    return (high << 32 | low).multipliedFullWidth(by: bound).high
  }
}
