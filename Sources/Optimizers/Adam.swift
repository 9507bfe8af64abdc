import Tensors

/// Adam (Kingma & Ba, 2015, algorithm 1) as `torch.optim.Adam` has it, with ε outside of the root;
/// with decoupled weight decay it is `torch.optim.AdamW`.
package struct Adam: Optimizer {
  /// The use that is made of the weight decay λ.
  package enum WeightDecay: Sendable {
    /// λ times the parameter is added to its gradient (`torch.optim.Adam`).
    case l2(Double)
    /// The parameter shrinks by the learning rate times λ, apart from the gradient
    /// (`torch.optim.AdamW`; Loshchilov & Hutter, 2019).
    case decoupled(Double)
  }

  /// The names of the moments' slots: PyTorch's `exp_avg` and `exp_avg_sq`.
  package static let slotNames = ["adam.exp_avg", "adam.exp_avg_sq"]

  private let beta1, beta2, epsilon: Double
  private let weightDecay: WeightDecay

  /// An optimizer with the decays β₁ and β₂ of its moments.
  package init(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: WeightDecay = .l2(0)
  ) {
    (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
    self.weightDecay = weightDecay
  }

  /// Takes one step, with coefficients in double precision as PyTorch computes them.
  package func step(
    _ parameters: Matrix, gradient: Matrix, slots: [Matrix], number: Int, learningRate: Double,
    gradientScale: Float = 1
  ) {
    let (l2, keep) =
      switch weightDecay {
      case .l2(let decay): (decay, 1.0)
      case .decoupled(let decay): (0.0, 1 - learningRate * decay)
      }
    adamStep(
      parameters: parameters, gradient: gradient, firstMoment: slots[0], secondMoment: slots[1],
      AdamCoefficients(
        gradientScale: gradientScale, l2: Float(l2), keep: Float(keep),
        oneMinusBeta1: Float(1 - beta1), beta2: Float(beta2), oneMinusBeta2: Float(1 - beta2),
        stepSize: Float(learningRate / (1 - Elementary.power(beta1, number))),
        rootCorrection2: Float((1 - Elementary.power(beta2, number)).squareRoot()),
        epsilon: Float(epsilon)))
  }
}
