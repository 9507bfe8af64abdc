/// One direction of a host's link: bytes pass in the order in which they come, at a rate, and a
/// burst of them at once where none came for a while (a token bucket, as of `tc`'s tbf and of many
/// clouds).
struct SimulatedLink {
  private let rate: Double
  private let burst: Double
  /// The bytes that wait, or, as a negative number, those that can pass at once.
  private var level = 0.0
  private var now = 0.0
  /// The bytes a second that come at present.
  private var inflow = 0.0

  /// A link that passes `rate` bytes a second, infinity for any number.
  init(rate: Double, burst: Double) { (self.rate, self.burst) = (rate, burst) }

  /// The passage of some bytes: a part of them at once, and the rest evenly from `start` to `end`.
  struct Passage: Equatable {
    /// The share that passes at once.
    let atOnce: Double
    let start, end: Double
  }

  /// Takes bytes that come at the same time.
  mutating func take(_ bytes: Double, at time: Double) -> Passage {
    advance(to: time)
    guard rate.isFinite, bytes > 0 else { return Passage(atOnce: 1, start: time, end: time) }
    let before = level
    level += bytes
    return Passage(
      atOnce: min(max(-before / bytes, 0), 1), start: time + max(before, 0) / rate,
      end: time + max(level, 0) / rate)
  }

  /// Changes the bytes a second that come.
  mutating func change(inflow change: Double, at time: Double) {
    advance(to: time)
    inflow = max(inflow + change, 0)
  }

  /// The time at which all that came before `time` has passed.
  mutating func passed(at time: Double) -> Double {
    advance(to: time)
    return rate.isFinite ? time + max(level, 0) / rate : time
  }

  private mutating func advance(to time: Double) {
    guard time > now else { return }
    if rate.isFinite { level = max(level + (time - now) * (inflow - rate), -burst) }
    now = time
  }
}
