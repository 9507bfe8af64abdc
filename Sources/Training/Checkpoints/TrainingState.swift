import Configuration
import Files
import Networks
import Tensors

/// The state that a run carries from step to step.
package struct TrainingState {
  /// The parameters.
  package let parameters: ParameterBuffer
  /// The optimizer's state: for each of its slots as many floats.
  package let slots: [ParameterBuffer]
  /// The exponential moving average of the parameters after each step, if there is one
  /// (`torch.optim.swa_utils.AveragedModel`).
  package let ema: ParameterBuffer?
  /// The steps done.
  package var step = 0
  /// The best figure that an evaluation has found, by `evaluation.criterion`; nil if there was none.
  package var best: Double?
  /// The news of the evaluations that steer the training.
  package var progress = TrainingProgress()
  /// True if the evaluation that is due after `step` is still to be done.
  package var awaitsEvaluation = false

  /// A state of zeros, with an average only if `averages`.
  ///
  /// - Parameter slotCount: the number of the optimizer's slots.
  /// - Throws: `TensorError.outOfMemory`.
  package init(
    _ layout: ParameterLayout, slotCount: Int, averages: Bool = false
  ) throws(TensorError) {
    parameters = try ParameterBuffer(layout)
    var slots: [ParameterBuffer] = []
    for _ in 0..<slotCount { slots.append(try ParameterBuffer(layout)) }
    self.slots = slots
    ema = averages ? try ParameterBuffer(layout) : nil
  }

  /// A state of zeros for a run under `configuration`.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  package init(_ layout: ParameterLayout, _ configuration: Configuration) throws(TensorError) {
    try self.init(
      layout, slotCount: configuration.optimizerSlotNames.count,
      averages: configuration.ema != nil)
  }

  /// The buffers that a checkpoint holds: the parameters, the slots and the average.
  package var buffers: [ParameterBuffer] { [parameters] + slots + (ema.map { [$0] } ?? []) }

  /// The parameters that are evaluated: the average, if there is one.
  package var evaluated: ParameterBuffer { ema ?? parameters }

  /// Sets the state to another of the same layout.
  package mutating func copy(from other: TrainingState) {
    (step, best, progress) = (other.step, other.best, other.progress)
    awaitsEvaluation = other.awaitsEvaluation
    for (mine, its) in zip(buffers, other.buffers) { mine.whole.copy(from: its.whole) }
  }
}

extension ParameterBuffer {
  /// The SHA-256 of the parameters' bytes, in the order in which files have them.
  ///
  /// - Throws: `SHA256Error`.
  package func digest() throws -> SHA256Digest {
    let hasher = SHA256Hasher()
    for entry in layout.entries { hasher.update(values(of: entry).span.bytes) }
    return try hasher.finalize()
  }
}
