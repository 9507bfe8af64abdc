/// Where the time of one thread goes while it computes the gradients of a step, in seconds.
package struct ComputeTimes {
  /// Samples into the classifier's input.
  package var gather = 0.0
  /// From the input to the logits.
  package var forward = 0.0
  /// Backpropagation through time: the gradients of gates and states, and of the layers' inputs.
  package var backwardThroughTime = 0.0
  /// The gradients of the weights.
  package var weightGradients = 0.0
  /// All of the thread's work in the step, the above and what belongs to none of them.
  package var total = 0.0
}

/// Where the time of one step goes on a rank, in seconds. The parts do not overlap, but for
/// `hiddenReduction`, which lies within `computation`.
package struct StepTimes {
  /// The rank's computation of gradients, until its last thread is done.
  package var computation = 0.0
  /// What each thread did in that time.
  package var threads: [ComputeTimes] = []
  /// The reduction as far as the rank did nothing else, waiting for other ranks included.
  package var reduction = 0.0
  /// The reduction as far as computation hid it.
  package var hiddenReduction = 0.0
  /// Adam.
  package var optimizer = 0.0
  /// The whole step.
  package var total = 0.0
}
