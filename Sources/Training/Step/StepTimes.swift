/// The times of one thread while it computes the gradients of a step, in seconds.
package struct ComputeTimes {
  /// Samples into the classifier's input.
  package var gather = 0.0
  /// From the input to the loss, and again where states are computed again.
  package var forward = 0.0
  /// Backpropagation through time: the gradients of gates and states, and of the layers' inputs.
  package var backwardThroughTime = 0.0
  /// The gradients of the weights.
  package var weightGradients = 0.0
  /// All of the thread's work in the step, the above and the rest.
  package var total = 0.0
  /// The number of samples that it computed.
  package var samples = 0

  /// A thread that has done nothing yet.
  package init() {}
}

/// The times of one step on a rank, in seconds. The parts do not overlap, but for
/// `hiddenReduction`, which lies within `computation`.
package struct StepTimes {
  /// The rank's computation of gradients, until its last thread is done.
  package var computation = 0.0
  /// The times of each thread in it.
  package var threads: [ComputeTimes] = []
  /// The reduction as far as the rank did nothing else, waiting for other ranks included.
  package var reduction = 0.0
  /// The reduction as far as computation hid it.
  package var hiddenReduction = 0.0
  /// The update of the parameters.
  package var optimizer = 0.0
  /// The whole step.
  package var total = 0.0

  /// A step that took no time yet.
  package init() {}

  /// The samples of the thread that has most of them.
  package var busiestSamples: Int { threads.map(\.samples).max() ?? 0 }
}
