/// A line of a trace, with the activities of a thread of a rank, or of a bucket of its gradient.
///
/// `@unchecked Sendable` holds because one thread at a time uses a track.
package final class TraceTrack: @unchecked Sendable {
  /// A stretch of time.
  struct Span {
    let activity: TraceActivity
    let start, end: ContinuousClock.Instant
  }

  /// The name of the line.
  let name: String
  /// The activities, in the order of their ends.
  private(set) var spans: [Span] = []

  init(name: String) { self.name = name }

  /// Adds what ended now or before.
  func add(
    _ activity: TraceActivity, from start: ContinuousClock.Instant, to end: ContinuousClock.Instant
  ) {
    spans.append(Span(activity: activity, start: start, end: end))
  }
}
