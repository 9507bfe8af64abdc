/// Reads the clock once for each lap.
package struct Stopwatch {
  /// A stopwatch that starts now.
  package init() {}

  /// The time when it was made.
  package let start = ContinuousClock.now
  /// The end of the last lap, or the start.
  package private(set) var last = ContinuousClock.now

  /// The seconds since the last lap, or since the stopwatch was made.
  package mutating func lap() -> Double {
    let now = ContinuousClock.now
    defer { last = now }
    return (now - last).seconds
  }

  /// The seconds since the last lap, which goes on.
  package var sinceLap: Double { (ContinuousClock.now - last).seconds }

  /// The seconds since the stopwatch was made.
  package var total: Double { (ContinuousClock.now - start).seconds }
}

extension Duration {
  /// The duration in seconds.
  package var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
