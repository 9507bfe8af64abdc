/// Scales a gradient down to a largest norm, as `torch.nn.utils.clip_grad_norm_`.
package struct GradientClipping: Sendable {
  private let maximumNorm: Double

  /// A limit of the Euclidean norm of the gradient of all parameters; none if 0.
  package init(maximumNorm: Double) { self.maximumNorm = maximumNorm }

  /// The factor that a gradient of norm `norm` is multiplied by, 1 at the most.
  package func scale(norm: Double) -> Float {
    maximumNorm > 0 ? Float(min(maximumNorm / (norm + 1e-6), 1)) : 1
  }
}
