/// The lengths of sequences, in time steps.
package struct LengthStatistics: Equatable, Sendable {
  private var counts: [Int: Int] = [:]

  package init() {}

  /// Adds a length.
  package mutating func add(_ length: Int) { counts[length, default: 0] += 1 }

  /// The number of sequences.
  package var count: Int { counts.values.reduce(0, +) }
  /// The shortest and the longest; nil of none.
  package var smallest: Int? { counts.keys.min() }
  package var largest: Int? { counts.keys.max() }

  /// The length that half of the sequences do not exceed; nil of none.
  package var median: Int? {
    let half = (count + 1) / 2
    var sum = 0
    return counts.sorted { $0.key < $1.key }.first {
      sum += $0.value
      return sum >= half
    }?.key
  }

  /// The numbers of sequences in at most `bins` ranges of lengths, as wide as each other.
  package func histogram(bins: Int) -> [(lengths: ClosedRange<Int>, count: Int)] {
    guard let smallest, let largest, bins > 0 else { return [] }
    let width = (largest - smallest) / bins + 1
    return stride(from: smallest, through: largest, by: width).map { start in
      let range = start...min(start + width - 1, largest)
      return (range, counts.reduce(0) { $0 + (range.contains($1.key) ? $1.value : 0) })
    }
  }
}
