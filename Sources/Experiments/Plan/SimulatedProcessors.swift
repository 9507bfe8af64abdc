/// Processors that threads share evenly: each runs at full speed while there are no more threads
/// than processors.
struct SimulatedProcessors {
  /// A thread that has work.
  private struct Running {
    let thread: Int
    /// The threads that it stands for.
    let weight: Double
    /// The work that each thread has got since the beginning when this one is done, in seconds.
    let end: Double
  }

  private let count: Double
  private var running: [Running] = []
  private var weight = 0.0
  /// The work that each running thread has got since the beginning, and the time up to which that
  /// is counted.
  private var (given, now) = (0.0, 0.0)

  /// This number of processors.
  init(count: Double) { self.count = count }

  /// The speed of each thread.
  private var speed: Double { min(1, count / weight) }

  /// The time at which the next thread is done; infinity if none has work.
  var nextTime: Double {
    guard !running.isEmpty else { return .infinity }
    var end = Double.infinity
    for thread in running { end = min(end, thread.end) }
    return now + max(end - given, 0) / speed
  }

  /// Gives a thread, which stands for `weight` threads, the work of so many seconds.
  mutating func add(_ thread: Int, weight: Double, seconds: Double, at time: Double) {
    advance(to: time)
    running.append(Running(thread: thread, weight: weight, end: given + seconds))
    self.weight += weight
  }

  /// Removes the thread that is done at `nextTime`.
  mutating func removeFirst() -> Int {
    advance(to: nextTime)
    var first = 0
    for index in running.indices where running[index].end < running[first].end { first = index }
    let done = running.remove(at: first)
    weight = running.isEmpty ? 0 : weight - done.weight
    return done.thread
  }

  private mutating func advance(to time: Double) {
    if !running.isEmpty { given += max(time - now, 0) * speed }
    now = max(now, time)
  }
}
