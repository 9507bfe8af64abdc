#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The coefficients of one step of Adam, already corrected for the bias of its moments.
public struct AdamCoefficients: Sendable {
  let oneMinusBeta1, beta2, oneMinusBeta2, stepSize, sqrtCorrection2, epsilon: Float

  /// The coefficients of step `step`, counted from 1, computed in double precision as
  /// `torch.optim.Adam` does.
  public init(learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, step: Int) {
    oneMinusBeta1 = Float(1 - beta1)
    self.beta2 = Float(beta2)
    oneMinusBeta2 = Float(1 - beta2)
    stepSize = Float(learningRate / (1 - pow(beta1, Double(step))))
    sqrtCorrection2 = Float((1 - pow(beta2, Double(step))).squareRoot())
    self.epsilon = Float(epsilon)
  }
}

/// One step of Adam (Kingma & Ba, 2015, algorithm 1, in the form of `torch.optim.Adam`, with ε
/// outside of the root) on arenas of equal size, with the gradients multiplied by `gradientScale`.
public func adamStep(
  parameters: Matrix, gradients: Matrix, firstMoment: Matrix, secondMoment: Matrix,
  gradientScale: Float = 1,
  _ coefficients: AdamCoefficients
) {
  precondition(
    gradients.count == parameters.count && firstMoment.count == parameters.count
      && secondMoment.count == parameters.count, "arenas of different sizes")
  Kernels.float32.table.pointee.adam(
    parameters.count, parameters.pointer, gradients.pointer, firstMoment.pointer,
    secondMoment.pointer, gradientScale, coefficients.oneMinusBeta1, coefficients.beta2,
    coefficients.oneMinusBeta2, coefficients.stepSize, coefficients.sqrtCorrection2,
    coefficients.epsilon)
}
