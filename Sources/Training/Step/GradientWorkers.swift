import Cluster
import Datasets
import Networks
import Tensors

/// The threads of a rank: each computes the gradients of some of the rank's shards. A shard's
/// gradient does not depend on which thread computes it.
package final class GradientWorkers {
  private let workers: [GradientWorker]
  private let weights: PackedWeights
  private let layerwise: Bool
  /// The gradient of each of this rank's shards, in their order; behind it `StepStatistics`.
  package let gradients: [ParameterBuffer]

  /// Memory for `threads` threads and minibatches of up to `maximumRows` rows of a shard.
  ///
  /// - Parameters:
  ///   - drops: true for the memory for dropout.
  ///   - microbatches: the number of parts in which a slice is computed, one after the other in the
  ///     same memory (gradient accumulation).
  ///   - layerwise: true if a thread takes all its shards through a layer before the next, which
  ///     takes memory for all of them, so that the buckets of the gradient are complete early;
  ///     otherwise it is one bucket.
  package init(
    _ dataset: ShardedDataset, shape: ClassifierShape, kernels: Kernels, maximumRows: Int,
    labelSmoothing: Double, drops: Bool, microbatches: Int = 1, threads: Int, layerwise: Bool
  ) throws {
    weights = try PackedWeights(shape, kernels, training: true)
    let layout = weights.layout
    gradients = try dataset.shards.map { _ in
      try ParameterBuffer(layout, extra: StepStatistics.count)
    }
    let threads = max(min(threads, dataset.shards.count), 1)
    workers = try (0..<threads).map { number in
      let shards = Array(stride(from: number, to: dataset.shards.count, by: threads))
      return try GradientWorker(
        number, dataset, shards: shards, layout, kernels,
        classifiers: layerwise ? max(shards.count, 1) : 1,
        maximumRows: (maximumRows - 1) / microbatches + 1, microbatches: microbatches,
        labelSmoothing: labelSmoothing, drops: drops)
    }
    self.layerwise = layerwise
  }

  /// The ranges of `gradients` in which the sum over ranks is computed: those that become complete
  /// one after the other, or all parameters at once, and behind them the statistics.
  package var buckets: [Range<Int>] {
    let layout = weights.layout
    let ends = layerwise ? layout.buckets.map(\.range.upperBound) : [layout.count]
    let bounds = [0] + ends + [layout.count + StepStatistics.count]
    return zip(bounds, bounds.dropFirst()).map { $0..<$1 }
  }

  /// The kernels that compute the gradients.
  package var kernels: Kernels { weights.kernels }

  /// The number of threads.
  package var threads: Int { workers.count }

  /// The times of each thread in the last `computeGradients`.
  package var times: [ComputeTimes] { workers.map(\.times) }

  /// Sets `gradients` to those of the loss's sum over each shard's slice, divided by the samples of
  /// the whole batch.
  ///
  /// - Parameter exchange: told of each bucket that a thread has finished.
  /// - Throws: `DatasetError`; `MPIError`.
  package func computeGradients(
    _ parameters: ParameterBuffer, _ batch: StepBatch, _ exchange: OverlappedReduction
  ) throws {
    weights.update(from: parameters)
    let task = GradientTask(
      batch: batch, weights: weights, gradients: gradients, exchange: exchange)
    try concurrentForEach(workers) { _, worker in try worker.computeGradients(task) }
  }
}
