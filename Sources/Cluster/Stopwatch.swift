/// Reads the clock once for each lap.
package struct Stopwatch {
  /// A stopwatch that starts now.
  package init() {}

  private let start = ContinuousClock.now
  private var last = ContinuousClock.now

  /// The seconds since the last lap, or since the stopwatch was made.
  package mutating func lap() -> Double {
    let now = ContinuousClock.now
    defer { last = now }
    return (now - last).seconds
  }

  /// The seconds since the stopwatch was made.
  package var total: Double { (ContinuousClock.now - start).seconds }
}

extension Duration {
  /// The duration in seconds.
  package var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
