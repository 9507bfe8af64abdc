import CKernels

/// The coefficients of one step of Adam, already corrected for the bias of its moments.
package struct AdamCoefficients: Sendable {
  let values: lockstep_adam

  /// The coefficients by their names in CKernels.h.
  ///
  /// - Parameters:
  ///   - gradientScale: the factor of the gradient.
  ///   - l2: the part of a parameter that is added to its gradient.
  ///   - keep: the factor of a parameter before the step.
  ///   - stepSize: the learning rate / (1 - β₁ᵗ).
  ///   - rootCorrection2: √(1 - β₂ᵗ).
  package init(
    gradientScale: Float, l2: Float, keep: Float, oneMinusBeta1: Float, beta2: Float,
    oneMinusBeta2: Float, stepSize: Float, rootCorrection2: Float, epsilon: Float
  ) {
    values = lockstep_adam(
      gradient_scale: gradientScale, l2: l2, keep: keep, one_minus_beta1: oneMinusBeta1,
      beta2: beta2, one_minus_beta2: oneMinusBeta2, step_size: stepSize,
      sqrt_correction2: rootCorrection2, epsilon: epsilon)
  }
}

/// Takes one step of Adam on rows of equal size; the moments and parameters are in and out.
package func adamStep(
  parameters: Matrix, gradient: Matrix, firstMoment: Matrix, secondMoment: Matrix,
  _ coefficients: AdamCoefficients
) {
  precondition(
    gradient.count == parameters.count && firstMoment.count == parameters.count
      && secondMoment.count == parameters.count, "rows of different sizes")
  withUnsafePointer(to: coefficients.values) {
    Kernels.float32.table.pointee.adam(
      parameters.count, parameters.pointer, gradient.pointer, firstMoment.pointer,
      secondMoment.pointer, $0)
  }
}
