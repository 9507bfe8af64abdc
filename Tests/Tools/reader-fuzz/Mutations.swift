/// Whole numbers at which arithmetic breaks.
let extremeNumbers: [UInt64] = [
  0, 1, 2, 3, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000,
  0xFFFF_FFFF, 0x1_0000_0000, 1 << 46, 1 << 53, 1 << 61, 1 << 62, (1 << 63) - 1, 1 << 63, .max,
]

/// The same as text, and other texts that stand where a number should.
let extremeTexts: [String] =
  extremeNumbers.map(String.init) + [
    "-1", "-0", "+1", "-9223372036854775808", "18446744073709551616", "1e999", "1e-999", "0.1",
    "1.",
    ".5", "1e3", "0x7fffffffffffffff", "0x", "0b11", "0o17", "010", "1_000", "_", "", "~", "null",
    "true", ".nan", ".inf", "-.inf", "NaN", "1:30", "59:59:59:59:59:59:59:59:59:59:59:59:59",
    "9223372036854775807:59", "-1:1", "+1:1", ":", "2001-12-14t21:59:43.10-05:00", "0xep1", "1e5",
    String(repeating: "9", count: 400), "0." + String(repeating: "0", count: 400) + "1",
  ]

/// Damages `bytes` once, knowing nothing of their meaning.
func mutateBlindly(_ bytes: inout [UInt8], _ random: inout InputGenerator) {
  guard !bytes.isEmpty else {
    bytes = (0..<random.below(20)).map { _ in UInt8(random.below(256)) }
    return
  }
  let at = random.below(bytes.count)
  let length = min(bytes.count - at, random.once(in: 4) ? bytes.count : 1 + random.below(16))
  switch random.below(10) {
  case 0: bytes[at] ^= 1 << random.below(8)
  case 1: bytes[at] = UInt8(random.below(256))
  case 2: bytes[at] = random.pick([0, 1, 0x7F, 0x80, 0xC0, 0xFE, 0xFF])
  case 3: bytes.removeSubrange(at...)
  case 4: bytes.removeSubrange(at..<at + length)
  case 5: bytes.insert(UInt8(random.below(256)), at: at)
  case 6: bytes.insert(contentsOf: bytes[at..<at + length], at: random.below(bytes.count))
  case 7: bytes += (0..<1 + random.below(64)).map { _ in UInt8(random.below(256)) }
  case 8: bytes.replaceSubrange(at..<at + length, with: repeatElement(bytes[at], count: length))
  default:
    let size = random.pick([2, 4, 8])
    let number = random.pick(extremeNumbers)
    let isBig = random.once(in: 2)
    for place in 0..<size where at + place < bytes.count {
      bytes[at + place] = UInt8(
        truncatingIfNeeded: number >> (8 * UInt64(isBig ? size - 1 - place : place)))
    }
  }
}

/// Damages a text once: a token replaced, inserted, removed or moved, or a number made extreme.
func mutateText(
  _ text: inout [UInt8], tokens: [String], _ random: inout InputGenerator
) {
  func isWord(_ byte: UInt8) -> Bool {
    let isLetter = byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
    return isLetter || byte >= 0x30 && byte <= 0x39 || byte == 0x2E || byte == 0x5F
  }
  let at = random.below(text.count)
  var word = at..<at
  while word.upperBound < text.count, isWord(text[word.upperBound]) {
    word = word.lowerBound..<word.upperBound + 1
  }
  while word.lowerBound > 0, isWord(text[word.lowerBound - 1]) {
    word = word.lowerBound - 1..<word.upperBound
  }
  switch random.below(7) {
  case 0: text.replaceSubrange(word, with: random.pick(extremeTexts).utf8)
  case 1: text.replaceSubrange(word, with: random.pick(tokens).utf8)
  case 2: text.insert(contentsOf: random.pick(tokens).utf8, at: at)
  case 3: text.removeSubrange(word)
  case 4:
    let end = min(text.count, at + 1 + random.below(60))
    text.insert(contentsOf: text[at..<end], at: random.below(text.count))
  case 5: text.insert(contentsOf: random.pick(extremeTexts).utf8, at: at)
  default: mutateBlindly(&text, &random)
  }
}
