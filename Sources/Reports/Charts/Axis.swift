import Foundation

/// A stretch of numbers on a stretch of a drawing.
struct Axis {
  let values: ClosedRange<Double>
  /// Where the smallest and the largest value lie.
  let start: Double
  let end: Double

  /// Where a value lies; in the middle if there is but one.
  func position(_ value: Double) -> Double {
    let length = values.upperBound - values.lowerBound
    guard length > 0 else { return (start + end) / 2 }
    return start + (value - values.lowerBound) / length * (end - start)
  }

  /// The smallest stretch with all of `values`, and a bit of room; from 0 to 1 at most if they are
  /// shares.
  static func around(_ values: [Double], within bounds: ClosedRange<Double>) -> ClosedRange<
    Double
  > {
    let finite = values.filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return 0...1 }
    let room = max(0.06 * (high - low), 0.005 * max(abs(low), abs(high)), 1e-6)
    return max(low - room, bounds.lowerBound)...max(min(high + room, bounds.upperBound), low)
  }

  /// About `count` round numbers on the axis: steps of 1, 2 or 5 times a power of ten.
  func ticks(_ count: Int, whole: Bool = false) -> [Double] {
    let length = values.upperBound - values.lowerBound
    guard length > 0, length.isFinite else { return [values.lowerBound] }
    let power = pow(10, floor(log10(length / Double(count))))
    let steps = [1, 2, 5, 10].map { $0 * power }
    var step = steps.first { length / $0 <= Double(count) } ?? 10 * power
    if whole { step = max(step.rounded(), 1) }
    let first = (values.lowerBound / step - 1e-9).rounded(.up)
    let last = (values.upperBound / step + 1e-9).rounded(.down)
    guard last >= first else { return [] }
    return (0...Int(last - first)).map { (first + Double($0)) * step }
  }
}

/// A coordinate, to a tenth of a pixel.
func coordinate(_ value: Double) -> String {
  let text = String(format: "%.1f", value)
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// A tick's number with as many decimals as its neighbors need to differ.
func tickLabel(_ value: Double, among ticks: [Double]) -> String {
  let step = ticks.count > 1 ? ticks[1] - ticks[0] : 1
  return String(format: "%.\(min(max(Int(-floor(log10(step) + 1e-9)), 0), 6))f", value)
}
