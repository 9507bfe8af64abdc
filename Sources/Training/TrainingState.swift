import Files
import Networks
import Tensors

/// What a run carries from step to step.
package struct TrainingState {
  /// The parameters.
  package let parameters: Arena
  /// Adam's first moments (PyTorch's `exp_avg`).
  package let firstMoment: Arena
  /// Adam's second moments (PyTorch's `exp_avg_sq`).
  package let secondMoment: Arena
  /// The exponential moving average of the parameters after each step, if there is one
  /// (`torch.optim.swa_utils.AveragedModel`).
  package let average: Arena?
  /// The steps done.
  package var step = 0
  /// The best accuracy so far on what is evaluated, from 0 to 1; below 0 if there is none.
  var bestAccuracy = -1.0

  /// A state of zeros, with an average only if `averages`.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  package init(_ layout: ParameterLayout, averages: Bool = false) throws(TensorError) {
    parameters = try Arena(layout)
    firstMoment = try Arena(layout)
    secondMoment = try Arena(layout)
    average = averages ? try Arena(layout) : nil
  }

  var arenas: [Arena] { [parameters, firstMoment, secondMoment] + (average.map { [$0] } ?? []) }

  /// What is evaluated: the average, if there is one.
  package var evaluated: Arena { average ?? parameters }

  /// One step of Adam, and of the average.
  ///
  /// - Parameters:
  ///   - norm: that of the gradients.
  ///   - clipNorm: the largest norm, to which a longer gradient is scaled as by PyTorch's
  ///     `clip_grad_norm_`; 0 for no limit.
  ///   - learningRate: that of this step.
  ///   - averagingDecay: what of the average stays.
  mutating func update(
    _ gradients: Matrix, norm: Double, clipNorm: Double, learningRate: Double,
    _ optimizer: Configuration.Optimizer, averagingDecay: Double = 0
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
    guard let average else { return }
    // The initial parameters do not count.
    if step == 1 { return average.whole.copy(from: parameters.whole) }
    average.all.approach(parameters.all, by: Float(1 - averagingDecay))
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
  package func digest() throws -> SHA256Digest {
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
