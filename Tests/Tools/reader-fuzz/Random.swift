import TestSupport

/// The generator of all inputs: input i of seed s is the same in every run, whatever came before
/// it.
struct InputGenerator: RandomNumberGenerator {
  private var base: SplitMix64

  init(seed: UInt64, index: Int) {
    base = SplitMix64(state: seed &* 0xD134_2543_DE82_EF95 &+ UInt64(truncatingIfNeeded: index))
    base.state = base.next()
  }

  mutating func next() -> UInt64 { base.next() }

  /// A number in 0 ..< `bound`.
  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<max(bound, 1), using: &self) }

  /// True once in `count` times.
  mutating func once(in count: Int) -> Bool { below(count) == 0 }

  /// One of `choices`, which are some.
  mutating func pick<C: RandomAccessCollection>(_ choices: C) -> C.Element {
    choices[choices.index(choices.startIndex, offsetBy: below(choices.count))]
  }
}
