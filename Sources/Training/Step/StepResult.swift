/// The results of one step of training.
package struct StepResult {
  /// The mean cross-entropy over the batch.
  package let loss: Float
  /// The learning rate of the step.
  package let learningRate: Double
  /// The Euclidean norm of the gradient of all parameters, before it is clipped.
  package let gradientNorm: Double
  /// The number of samples in the batch.
  package let samples: Int
  /// The news of all ranks.
  package let signals: StepSignals
  /// The times of this rank.
  package let times: StepTimes

  package init(
    loss: Float, learningRate: Double, gradientNorm: Double, samples: Int, signals: StepSignals,
    times: StepTimes
  ) {
    (self.loss, self.learningRate, self.gradientNorm) = (loss, learningRate, gradientNorm)
    (self.samples, self.signals, self.times) = (samples, signals, times)
  }
}
