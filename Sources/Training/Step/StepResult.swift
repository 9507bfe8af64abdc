import Tensors

/// The gradient of a step, of the mean loss over its batch and before it is clipped.
package struct StepGradient {
  /// The sum over the samples, in the order of a `ParameterBuffer`: memory that the next step writes to.
  package let sum: Matrix
  /// The factor of the sum.
  package let scale: Float

  package init(sum: Matrix, scale: Float) { (self.sum, self.scale) = (sum, scale) }
}

/// The results of one step of training.
package struct StepResult {
  /// The mean cross-entropy over the batch.
  package let loss: Float
  /// The learning rate of the step.
  package let learningRate: Double
  /// The Euclidean norm of the gradient of all parameters, before it is clipped.
  package let gradientNorm: Double
  /// The gradient; nil where there was none to compute.
  package let gradient: StepGradient?
  /// The number of samples in the batch.
  package let samples: Int
  /// The news of all ranks.
  package let signals: StepSignals
  /// The times of this rank.
  package let times: StepTimes

  package init(
    loss: Float, learningRate: Double, gradientNorm: Double, gradient: StepGradient? = nil,
    samples: Int, signals: StepSignals, times: StepTimes
  ) {
    (self.loss, self.learningRate, self.gradientNorm) = (loss, learningRate, gradientNorm)
    self.gradient = gradient
    (self.samples, self.signals, self.times) = (samples, signals, times)
  }
}
