import CKernels

/// The coefficients of one step of LAMB, already corrected for the bias of its moments.
package struct LAMBCoefficients: Sendable {
  fileprivate let values: lockstep_lamb

  /// The coefficients by their names in CKernels.h.
  ///
  /// - Parameters:
  ///   - gradientScale: the factor of the gradient.
  ///   - correction1: 1 / (1 - β₁ᵗ).
  ///   - rootCorrection2: √(1 - β₂ᵗ).
  ///   - weightDecay: the part of a parameter that is added to its update.
  package init(
    gradientScale: Float, oneMinusBeta1: Float, beta2: Float, oneMinusBeta2: Float,
    correction1: Float, rootCorrection2: Float, epsilon: Float, weightDecay: Float
  ) {
    values = lockstep_lamb(
      gradient_scale: gradientScale, one_minus_beta1: oneMinusBeta1, beta2: beta2,
      one_minus_beta2: oneMinusBeta2, correction1: correction1, sqrt_correction2: rootCorrection2,
      epsilon: epsilon, weight_decay: weightDecay)
  }
}

/// Takes a gradient into the moments of rows of equal size, and returns the sum of the squares of
/// the update that they give, in an order that only depends on their number.
package func lambMoments(
  parameters: Matrix, gradient: Matrix, firstMoment: Matrix, secondMoment: Matrix,
  _ coefficients: LAMBCoefficients
) -> Double {
  precondition(
    gradient.count == parameters.count && firstMoment.count == parameters.count
      && secondMoment.count == parameters.count, "rows of different sizes")
  return withUnsafePointer(to: coefficients.values) {
    Kernels.float32.table.pointee.lamb_moments(
      parameters.count, parameters.pointer, gradient.pointer, firstMoment.pointer,
      secondMoment.pointer, $0)
  }
}

/// Takes `stepSize` times the update that the moments give away from the parameters, in rows of
/// equal size.
package func lambStep(
  parameters: Matrix, firstMoment: Matrix, secondMoment: Matrix, stepSize: Float,
  _ coefficients: LAMBCoefficients
) {
  precondition(
    firstMoment.count == parameters.count && secondMoment.count == parameters.count,
    "rows of different sizes")
  withUnsafePointer(to: coefficients.values) {
    Kernels.float32.table.pointee.lamb_step(
      parameters.count, parameters.pointer, firstMoment.pointer, secondMoment.pointer, stepSize, $0)
  }
}
