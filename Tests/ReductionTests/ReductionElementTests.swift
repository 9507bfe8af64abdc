import Reduction
import Tensors
import Testing

@Suite("Numbers on the wire")
struct ReductionElementTests {
  /// Bits of a float, and the upper half of its bits when rounded to bfloat16.
  static let roundings: [(UInt32, UInt16)] = [
    // Zeros, one, and numbers below, at and above the middle of two, of which ties go to the even.
    (0x0000_0000, 0x0000), (0x8000_0000, 0x8000), (0x3F80_0000, 0x3F80),
    (0x3F80_7FFF, 0x3F80), (0x3F80_8000, 0x3F80), (0x3F80_8001, 0x3F81),
    (0x3F81_7FFF, 0x3F81), (0x3F81_8000, 0x3F82), (0xBF81_8000, 0xBF82),
    // A carry into the exponent; the largest float, which becomes infinity.
    (0x3FFF_8000, 0x4000), (0x7F7F_FFFF, 0x7F80), (0xFF7F_FFFF, 0xFF80), (0x7F7F_7FFF, 0x7F7F),
    // Subnormals: the least float, a tie, the first above it, and a carry to the least normal
    // number.
    (0x0000_0001, 0x0000), (0x0000_8000, 0x0000), (0x0000_8001, 0x0001), (0x8001_8000, 0x8002),
    (0x007F_FFFF, 0x0080),
    (0x7F80_0000, 0x7F80), (0xFF80_0000, 0xFF80),
    // NaNs, quiet and signalling, with payloads in either half.
    (0x7FC0_0000, 0x7FC0), (0x7F80_0001, 0x7FC0), (0xFFFF_FFFF, 0xFFFF), (0x7F81_0000, 0x7FC1),
  ]

  @Test("Rounding is to nearest, ties to even, and keeps what is not finite")
  func rounding() throws {
    // Each many times, for the vectors and what is left behind them.
    for copies in [1, 37] {
      let cases = (0..<copies).flatMap { _ in Self.roundings }
      let row = try self.row(cases.map { Float(bitPattern: $0.0) })
      #expect(stored(row) == cases.map(\.1))
      BFloat16.round(row)
      #expect(row.elements.map(\.bitPattern) == cases.map { UInt32($0.1) << 16 })
      #expect(stored(row) == cases.map(\.1))
    }
  }

  @Test("Every number of bfloat16 comes back as it was stored")
  func exactness() throws {
    let all = (0...UInt16.max).map(BFloat16.init(bitPattern:))
    let row = try self.row(all.map { _ in 0 })
    BFloat16.load(all.span, into: row)
    let expected = all.map { pattern in
      // A signalling NaN becomes quiet.
      Float(bitPattern: UInt32(pattern.bitPattern) << 16).isNaN
        ? pattern.bitPattern | 0x40 : pattern.bitPattern
    }
    #expect(stored(row) == expected)
  }

  @Test("A sum has the same bits as floats and on the wire, for both formats")
  func sums() throws {
    let terms = (0..<131).map { 1 / Float($0 % 17 + 3) - 0.1 }
    let others = (0..<131).map { Float($0 % 23) * 1.37 }
    try check(Float.self, terms, others) { $0 + $1 }
    try check(BFloat16.self, terms, others) { nearest(nearest($0) + nearest($1)) }
  }

  private func check<Element: ReductionElement>(
    _: Element.Type, _ terms: [Float], _ others: [Float], _ sum: (Float, Float) -> Float
  ) throws {
    let (row, other) = (try row(terms), try row(others))
    let count = terms.count
    var elements: [Element] = [Element](unsafeUninitializedCapacity: 2 * count) { buffer, size in
      UnsafeMutableRawBufferPointer(buffer).initializeMemory(as: UInt8.self, repeating: 0)
      size = 2 * count
    }
    var span = elements.mutableSpan
    Element.store(row, in: &span, at: 0)
    Element.store(other, in: &span, at: count)
    Element.add(count, to: 0, count: count, in: &span)
    Element.add(other, to: row)
    let expected = zip(terms, others).map(sum)
    #expect(row.elements == expected)
    Element.load(elements.span.extracting(first: count), into: other)
    #expect(other.elements == expected)
  }

  /// Rounding by the halves' neighbors.
  private func nearest(_ x: Float) -> Float {
    let below = Float(bitPattern: x.bitPattern & 0xFFFF_0000)
    let above = Float(bitPattern: below.bitPattern + 0x1_0000)
    let (down, up) = (abs(Double(x) - Double(below)), abs(Double(above) - Double(x)))
    if down != up { return down < up ? below : above }
    return below.bitPattern & 0x1_0000 == 0 ? below : above
  }

  private func stored(_ row: Matrix) -> [UInt16] {
    var elements = [BFloat16](repeating: BFloat16(bitPattern: 0), count: row.count)
    var span = elements.mutableSpan
    BFloat16.store(row, in: &span, at: 0)
    return elements.map(\.bitPattern)
  }

  private func row(_ values: [Float]) throws -> Matrix {
    let row = try AlignedBuffer<Float>(count: values.count).matrix(1, values.count)
    row.withMutableSpan { span in
      for index in span.indices { span[index] = values[index] }
    }
    return row
  }
}
