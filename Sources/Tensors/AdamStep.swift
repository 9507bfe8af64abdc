import CKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The coefficients of one step of Adam, already corrected for the bias of its moments.
package struct AdamCoefficients: Sendable {
  /// What becomes of weight decay λ.
  package enum WeightDecay: Sendable {
    /// λ times the parameter is added to its gradient (`torch.optim.Adam`).
    case l2(Double)
    /// The parameter shrinks by the learning rate times λ, apart from the gradient (`torch.optim.AdamW`;
    /// Loshchilov & Hutter, 2019).
    case decoupled(Double)
  }

  let values: lockstep_adam

  /// The coefficients of step `step`, counted from 1, computed in double precision as
  /// `torch.optim.Adam` and `torch.optim.AdamW` do, with the gradients multiplied by `gradientScale`.
  package init(
    learningRate: Double, beta1: Double, beta2: Double, epsilon: Double,
    weightDecay: WeightDecay = .l2(0), step: Int, gradientScale: Float = 1
  ) {
    let (l2, keep) =
      switch weightDecay {
      case .l2(let decay): (decay, 1.0)
      case .decoupled(let decay): (0.0, 1 - learningRate * decay)
      }
    values = lockstep_adam(
      gradient_scale: gradientScale, l2: Float(l2), keep: Float(keep),
      one_minus_beta1: Float(1 - beta1), beta2: Float(beta2), one_minus_beta2: Float(1 - beta2),
      step_size: Float(learningRate / (1 - pow(beta1, Double(step)))),
      sqrt_correction2: Float((1 - pow(beta2, Double(step))).squareRoot()),
      epsilon: Float(epsilon))
  }
}

/// One step of Adam (Kingma & Ba, 2015, algorithm 1, in the form of `torch.optim.Adam`, with ε
/// outside of the root) on arenas of equal size.
package func adamStep(
  parameters: Matrix, gradients: Matrix, firstMoment: Matrix, secondMoment: Matrix,
  _ coefficients: AdamCoefficients
) {
  precondition(
    gradients.count == parameters.count && firstMoment.count == parameters.count
      && secondMoment.count == parameters.count, "arenas of different sizes")
  withUnsafePointer(to: coefficients.values) {
    Kernels.float32.table.pointee.adam(
      parameters.count, parameters.pointer, gradients.pointer, firstMoment.pointer,
      secondMoment.pointer, $0)
  }
}
