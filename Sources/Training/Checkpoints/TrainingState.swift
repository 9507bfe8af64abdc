import Cluster
import Configuration
import Files
import Networks
import Tensors

/// What a run carries from step to step.
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
  /// The best accuracy so far on what is evaluated, from 0 to 1; below 0 if there is none.
  package var bestAccuracy = -1.0

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
      layout, slotCount: configuration.optimizerRule.slotNames.count,
      averages: configuration.ema != nil)
  }

  /// All that a checkpoint holds: the parameters, the slots and the average.
  package var buffers: [ParameterBuffer] { [parameters] + slots + (ema.map { [$0] } ?? []) }

  /// What is evaluated: the average, if there is one.
  package var evaluated: ParameterBuffer { ema ?? parameters }

  /// Sets the state to another of the same layout.
  package mutating func copy(from other: TrainingState) {
    (step, bestAccuracy) = (other.step, other.bestAccuracy)
    for (mine, its) in zip(buffers, other.buffers) { mine.whole.copy(from: its.whole) }
  }

  /// Makes every rank's state that of rank 0.
  package mutating func broadcast(in group: ProcessGroup) throws {
    step = try group.world.broadcast(step, root: 0)
    for buffer in buffers {
      try buffer.storage.withMutableSpan { span in try group.world.broadcast(&span, root: 0) }
    }
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

  /// The SHA-256 of the floats as they lie in memory, padding and all, which is quicker.
  ///
  /// - Throws: `SHA256Error`.
  package func digestOfMemory() throws -> SHA256Digest {
    let hasher = SHA256Hasher()
    all.withSpan { hasher.update($0.bytes) }
    return try hasher.finalize()
  }
}
