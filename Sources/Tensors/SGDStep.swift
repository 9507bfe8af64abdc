import CKernels

/// The coefficients of one step of SGD.
package struct SGDCoefficients: Sendable {
  fileprivate let values: lockstep_sgd

  /// The coefficients by their names in CKernels.h.
  ///
  /// - Parameters:
  ///   - gradientScale: the factor of the gradient.
  ///   - l2: the part of a parameter that is added to its gradient.
  ///   - momentum: the part of the velocity that is kept.
  ///   - isNesterov: true if a step goes where the velocity will be.
  ///   - stepSize: the learning rate.
  package init(
    gradientScale: Float, l2: Float, momentum: Float, isNesterov: Bool, stepSize: Float
  ) {
    values = lockstep_sgd(
      gradient_scale: gradientScale, l2: l2, momentum: momentum, is_nesterov: isNesterov ? 1 : 0,
      step_size: stepSize)
  }
}

/// Takes one step of SGD on rows of equal size; the velocity, if there is one, and the parameters are
/// in and out.
package func sgdStep(
  parameters: Matrix, gradient: Matrix, velocity: Matrix?, _ coefficients: SGDCoefficients
) {
  precondition(
    gradient.count == parameters.count && velocity?.count ?? parameters.count == parameters.count,
    "rows of different sizes")
  withUnsafePointer(to: coefficients.values) {
    Kernels.float32.table.pointee.sgd(
      parameters.count, parameters.pointer, gradient.pointer, velocity?.pointer, $0)
  }
}
