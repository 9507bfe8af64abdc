/// Where the time of one thread goes while it computes the gradients of a step, in seconds.
struct ComputeTimes {
  /// Samples into the classifier's input.
  var gather = 0.0
  /// From the input to the logits.
  var forward = 0.0
  /// Backpropagation through time: the gradients of gates and states, and of the layers' inputs.
  var backwardThroughTime = 0.0
  /// The gradients of the weights.
  var weightGradients = 0.0
  /// All of the thread's work in the step, the above and what belongs to none of them.
  var total = 0.0
}

/// Where the time of one step goes on a rank, in seconds. The parts do not overlap, but for
/// `hiddenReduction`, which lies within `computation`.
struct StepTimes {
  /// The rank's computation of gradients, until its last thread is done.
  var computation = 0.0
  /// What each thread did in that time.
  var threads: [ComputeTimes] = []
  /// The reduction as far as the rank did nothing else, waiting for other ranks included.
  var reduction = 0.0
  /// The reduction as far as computation hid it.
  var hiddenReduction = 0.0
  /// Adam.
  var optimizer = 0.0
  /// The whole step.
  var total = 0.0
}

/// Reads the clock once for each lap.
struct Stopwatch {
  private let start = ContinuousClock.now
  private var last = ContinuousClock.now

  /// The seconds since the last lap, or since the stopwatch was made.
  mutating func lap() -> Double {
    let now = ContinuousClock.now
    defer { last = now }
    return (now - last).seconds
  }

  /// The seconds since the stopwatch was made.
  var total: Double { (ContinuousClock.now - start).seconds }
}

extension Duration {
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
