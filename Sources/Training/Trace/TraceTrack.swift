/// What happens on one line of a trace: a thread of a rank, or a bucket of its gradient.
///
/// `@unchecked Sendable` holds because one thread at a time uses a track.
package final class TraceTrack: @unchecked Sendable {
  /// A stretch of time.
  struct Span {
    let activity: TraceActivity
    let start, end: ContinuousClock.Instant
  }

  /// What the line is called.
  let name: String
  /// What happened, in the order of its ends.
  private(set) var spans: [Span] = []

  init(name: String) { self.name = name }

  /// Adds what ended now or before.
  func add(
    _ activity: TraceActivity, from start: ContinuousClock.Instant, to end: ContinuousClock.Instant
  ) {
    spans.append(Span(activity: activity, start: start, end: end))
  }
}
