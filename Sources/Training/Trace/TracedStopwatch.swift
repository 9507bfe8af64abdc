import Cluster

/// A stopwatch whose laps also stand on a line of a trace, if there is one.
struct TracedStopwatch {
  private var stopwatch = Stopwatch()
  private let track: TraceTrack?

  /// A stopwatch that starts now.
  init(_ track: TraceTrack?) { self.track = track }

  /// The seconds since the last lap, or since the stopwatch was made, in which the thread did what
  /// `activity` says.
  mutating func lap(_ activity: TraceActivity) -> Double {
    let start = stopwatch.last
    let seconds = stopwatch.lap()
    track?.add(activity, from: start, to: stopwatch.last)
    return seconds
  }

  /// The time when it was made, and the seconds since then.
  var start: ContinuousClock.Instant { stopwatch.start }
  var total: Double { stopwatch.total }
}
