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
  mutating func update(_ gradients: Matrix, _ optimizer: Configuration.Optimizer) {
    step += 1
    adamStep(
      parameters: parameters.all, gradients: gradients, firstMoment: firstMoment.all,
      secondMoment: secondMoment.all,
      AdamCoefficients(
        learningRate: optimizer.learningRate, beta1: optimizer.beta1, beta2: optimizer.beta2,
        epsilon: optimizer.epsilon, step: step))
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
  /// The SHA-256 of the parameters' bytes in the order of the arena.
  ///
  /// - Throws: `SHA256Error`.
  public func digest() throws -> SHA256Digest {
    let hasher = SHA256Hasher()
    all.withSpan { hasher.update($0.bytes) }
    return try hasher.finalize()
  }
}
