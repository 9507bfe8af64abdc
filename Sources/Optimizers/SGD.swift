import Tensors

/// Stochastic gradient descent as `torch.optim.SGD` has it, with momentum (Polyak, 1964) or that of
/// Nesterov (Sutskever et al., 2013), without dampening: the velocity is momentum times the last one
/// plus the gradient, and a step is the learning rate times the velocity.
package struct SGD: Optimizer {
  /// The name of the velocity's slot: PyTorch's `momentum_buffer`.
  package static let slotNames = ["sgd.momentum_buffer"]

  private let momentum, weightDecay: Double
  private let isNesterov: Bool

  /// An optimizer whose step takes the velocity's slot, or without momentum none.
  ///
  /// - Parameters:
  ///   - momentum: the part of the velocity that is kept from step to step.
  ///   - isNesterov: true if a step goes where the velocity will be.
  ///   - weightDecay: times a parameter, it is added to its gradient.
  package init(momentum: Double = 0, isNesterov: Bool = false, weightDecay: Double = 0) {
    (self.momentum, self.isNesterov, self.weightDecay) = (momentum, isNesterov, weightDecay)
  }

  /// Takes one step. The first one's velocity is the gradient, as PyTorch's is: it comes from zeros.
  package func step(
    _ parameters: Matrix, gradient: Matrix, slots: [Matrix], number: Int, learningRate: Double,
    gradientScale: Float = 1
  ) {
    sgdStep(
      parameters: parameters, gradient: gradient, velocity: slots.first,
      SGDCoefficients(
        gradientScale: gradientScale, l2: Float(weightDecay), momentum: Float(momentum),
        isNesterov: isNesterov, stepSize: Float(learningRate)))
  }
}
