/// A sum of numbers without any rounding, so that it is the same whatever the order of its terms.
///
/// Source: the small superaccumulator of Neal, "Fast Exact Summation Using Small and Large
/// Superaccumulators" (2015), <https://arxiv.org/abs/1505.05571>.
struct ExactSum: Sendable {
  /// The bits of a double's range in parts of 32, part i for 2^(32 i - 1088) and up, and room above
  /// for as many terms as can be.
  static let partCount = 70
  private static let lowestExponent = 1088

  /// Each part as a number with a sign, which is no longer below 2³² once other terms are added.
  private var parts = InlineArray<70, Int64>(repeating: 0)
  /// The terms that the parts still have room for.
  private var room = Self.mostTerms
  private static let mostTerms = 1 << 30

  /// The sum of no terms.
  init() {}

  /// Adds a finite number.
  mutating func add(_ number: Double) {
    guard number != 0 else { return }
    // The number is `digits` times 2 to the power of `exponent` - 1088.
    let bits = number.bitPattern
    let field = Int(bits >> 52 & 0x7ff)
    let digits = bits & (1 << 52 - 1) | (field == 0 ? 0 : 1 << 52)
    let exponent = max(field, 1) - 1075 + Self.lowestExponent
    let (high, low) = digits.multipliedFullWidth(by: 1 << UInt64(exponent % 32))
    let (first, sign) = (exponent / 32, Int64(number < 0 ? -1 : 1))
    parts[first] += sign * Int64(low & 0xffff_ffff)
    parts[first + 1] += sign * Int64(low >> 32)
    parts[first + 2] += sign * Int64(high)
    room -= 1
    if room == 0 { carry() }
  }

  /// The parts, all but the highest from 0 to below 2³²: sums of those of several sums are the parts
  /// of their sum.
  var numbers: [Int] {
    mutating get {
      carry()
      return parts.indices.map { Int(parts[$0]) }
    }
  }

  /// The sum whose parts add up to those of up to 2³⁰ others.
  init(numbers: some Collection<Int>) {
    for (index, number) in zip(parts.indices, numbers) { parts[index] = Int64(number) }
    carry()
  }

  /// The sum, rounded once, to the nearest number.
  var value: Double {
    var sum = self
    sum.carry()
    let isNegative = sum.parts[Self.partCount - 1] < 0
    if isNegative { sum.negate() }
    guard let top = sum.parts.indices.last(where: { sum.parts[$0] != 0 }) else { return 0 }
    // Three parts have all bits that count; of the others, whether there is any.
    var digits: UInt128 = 0
    for index in stride(from: top, through: top - 2, by: -1) {
      digits = digits << 32 | UInt128(index >= 0 ? sum.parts[index] : 0)
    }
    if top >= 3, (0..<top - 2).contains(where: { sum.parts[$0] != 0 }) { digits |= 1 }
    let value = Double(
      sign: .plus, exponent: 32 * (top - 2) - Self.lowestExponent, significand: Double(digits))
    return isNegative ? -value : value
  }

  /// Brings each part but the highest to the range from 0 to below 2³².
  private mutating func carry() {
    var carried: Int64 = 0
    for index in 0..<Self.partCount - 1 {
      let part = parts[index] + carried
      carried = part >> 32
      parts[index] = part & 0xffff_ffff
    }
    parts[Self.partCount - 1] += carried
    room = Self.mostTerms
  }

  private mutating func negate() {
    for index in parts.indices { parts[index] = -parts[index] }
    carry()
  }
}
