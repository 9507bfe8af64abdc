import Foundation

// Numbers with their units as a person reads them.

extension Double {
  /// The number without digits that say nothing.
  var shortText: String { String(format: "%.4g", self) }

  /// The number to two digits behind the point, such as 1.08.
  var shortFactor: String { String(format: "%.2f", self) }

  /// The number of seconds, such as 31 µs, 1.2 ms or 3 s.
  var timeInWords: String {
    for (unit, name) in [(1.0, "s"), (1e-3, "ms")] where self >= unit {
      return "\(Self.rounded(self / unit)) \(name)"
    }
    return "\(Self.rounded(self * 1e6)) µs"
  }

  /// The number of bytes a second, such as 23.7 MB/s.
  var speedInWords: String {
    self >= 1e9 ? "\(Self.rounded(self / 1e9)) GB/s" : "\(Self.rounded(self / 1e6)) MB/s"
  }

  /// The number of bits a second, such as 10 Gbit/s.
  var rateInWords: String {
    self >= 1e9 ? "\((self / 1e9).shortText) Gbit/s" : "\((self / 1e6).shortText) Mbit/s"
  }

  /// Three digits or so.
  private static func rounded(_ number: Double) -> String {
    String(format: number >= 100 ? "%.0f" : number >= 10 ? "%.1f" : "%.2g", number)
  }
}
