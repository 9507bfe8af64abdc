import Recurrent
import Tensors

/// What a run carries from step to step.
public struct TrainingState {
  /// The parameters.
  public let parameters: Arena
  /// Adam's first moments (PyTorch's `exp_avg`).
  public let firstMoment: Arena
  /// Adam's second moments (PyTorch's `exp_avg_sq`).
  public let secondMoment: Arena
  /// The steps done.
  public var step = 0
  /// The best test accuracy so far, from 0 to 1; below 0 if there is none.
  var bestAccuracy = -1.0

  /// A state of zeros.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  public init(_ layout: ParameterLayout) throws(TensorError) {
    parameters = try Arena(layout)
    firstMoment = try Arena(layout)
    secondMoment = try Arena(layout)
  }

  var arenas: [Arena] { [parameters, firstMoment, secondMoment] }

  /// One step of Adam.
  ///
  /// - Parameters:
  ///   - norm: that of the gradients.
  ///   - clipNorm: the largest norm, to which a longer gradient is scaled as by PyTorch's
  ///     `clip_grad_norm_`; 0 for no limit.
  ///   - learningRate: that of this step.
  mutating func update(
    _ gradients: Matrix, norm: Double, clipNorm: Double, learningRate: Double,
    _ optimizer: Configuration.Optimizer
  ) {
    step += 1
    let scale = clipNorm > 0 ? Float(min(clipNorm / (norm + 1e-6), 1)) : 1
    adamStep(
      parameters: parameters.all, gradients: gradients, firstMoment: firstMoment.all,
      secondMoment: secondMoment.all,
      AdamCoefficients(
        learningRate: learningRate, beta1: optimizer.beta1, beta2: optimizer.beta2,
        epsilon: optimizer.epsilon,
        weightDecay: optimizer.kind == .adamw
          ? .decoupled(optimizer.weightDecay) : .l2(optimizer.weightDecay),
        step: step, gradientScale: scale))
  }

  /// Sets the state to another of the same layout.
  mutating func copy(from other: TrainingState) {
    (step, bestAccuracy) = (other.step, other.bestAccuracy)
    for (mine, its) in zip(arenas, other.arenas) { mine.whole.copy(from: its.whole) }
  }

  /// Makes every rank's state that of rank 0.
  mutating func broadcast(in team: Team) throws {
    step = try team.world.broadcast(step, root: 0)
    for arena in arenas {
      try arena.buffer.withMutableSpan { span in try team.world.broadcast(&span, root: 0) }
    }
  }
}

extension Arena {
  /// The SHA-256 of the parameters' bytes, in the order in which files have them.
  ///
  /// - Throws: `SHA256Error`.
  public func digest() throws -> SHA256Digest {
    let hasher = SHA256Hasher()
    for entry in layout.entries { hasher.update(values(of: entry).span.bytes) }
    return try hasher.finalize()
  }

  /// The SHA-256 of the floats as they lie in memory, padding and all, which is quicker.
  ///
  /// - Throws: `SHA256Error`.
  func digestOfMemory() throws -> SHA256Digest {
    let hasher = SHA256Hasher()
    all.withSpan { hasher.update($0.bytes) }
    return try hasher.finalize()
  }
}
