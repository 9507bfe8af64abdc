import Random
import Testing

@Suite("Philox-4x32-10")
struct PhiloxTests {
  /// The lines `philox4x32 10` of the file `kat_vectors` in Random123.
  @Test("Known blocks are those of Random123")
  func knownAnswers() {
    #expect(
      Philox4x32.block(counter: SIMD4(repeating: 0), key: SIMD2(repeating: 0))
        == SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8))
    #expect(
      Philox4x32.block(counter: SIMD4(repeating: .max), key: SIMD2(repeating: .max))
        == SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD))
    #expect(
      Philox4x32.block(
        counter: SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344),
        key: SIMD2(0xA409_3822, 0x299F_31D0))
        == SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1))
  }

  @Test("A stream gives the same words in sequence and by index")
  func sequence() {
    var stream = CounterStream(seed: 7, purpose: .initialParameters, first: 3)
    let fixed = stream
    for index in 0..<20 as Range<UInt64> {
      let word = stream.next()
      #expect(word == fixed.word(at: index))
      #expect(word == fixed.block(at: index / 4)[Int(index % 4)])
    }
  }

  @Test("The seed, the purpose and both indices each change the words")
  func keys() {
    let streams = [
      CounterStream(seed: 1, purpose: .sampleOrder, first: 2, second: 3),
      CounterStream(seed: 1 << 32 | 1, purpose: .sampleOrder, first: 2, second: 3),
      CounterStream(seed: 2, purpose: .sampleOrder, first: 2, second: 3),
      CounterStream(seed: 1, purpose: .dropout, first: 2, second: 3),
      CounterStream(seed: 1, purpose: .sampleOrder, first: 3, second: 3),
      CounterStream(seed: 1, purpose: .sampleOrder, first: 3, second: 2),
    ]
    #expect(Set(streams.map { $0.block(at: 0) }).count == streams.count)
  }

  @Test("Uniform values lie in [0, 1), also at the ends, and average one half")
  func uniform() {
    #expect(CounterStream.uniform(0) == 0)
    #expect(CounterStream.uniform(.max) == 1 - 0x1p-24)
    let stream = CounterStream(seed: 1, purpose: .dropout)
    let values = (0..<10_000).map { stream.uniform(at: UInt64($0)) }
    #expect(values.allSatisfy { (0..<1).contains($0) })
    #expect(abs(values.reduce(0, +) / 10_000 - 0.5) < 0.01)
  }

  @Test("Integers below a bound reach every value and no other")
  func bounded() {
    var stream = CounterStream(seed: 1, purpose: .dropout)
    #expect(Set((0..<200).map { _ in stream.next(below: 7) }) == Set(0..<7))
    #expect(stream.next(below: 1) == 0)
    #expect(stream.next(below: 0) == 0)
  }
}
