import Cluster
import Datasets
import Foundation
import Networks
import Tensors

/// The threads of a rank: each computes the gradients of some of the rank's shards. What a shard's
/// gradient is does not depend on who computes it.
package final class GradientWorkers {
  private let dataset: ShardedDataset
  private let workers: [GradientWorker]
  private let weights: PackedWeights
  private let layout: ParameterLayout
  private let labelSmoothing: Double
  private let passes: Int
  private let layerwise: Bool
  /// The gradient of each of this rank's shards, in their order; behind it `StepStatistics`.
  package let gradients: [ParameterBuffer]

  /// Memory for `threads` threads and minibatches of up to `maximumRows` rows of a shard.
  ///
  /// - Parameters:
  ///   - drops: whether there is memory for dropout.
  ///   - passes: in how many parts a slice is computed, one after the other in the same memory.
  ///   - layerwise: whether a thread takes all its shards through a layer before the next, which
  ///     takes memory for all of them, so that the buckets of the gradient are complete early; otherwise
  ///     it is one bucket.
  package init(
    _ dataset: ShardedDataset, shape: ClassifierShape, kernels: Kernels, maximumRows: Int,
    labelSmoothing: Double, drops: Bool, passes: Int = 1, threads: Int, layerwise: Bool
  ) throws {
    self.dataset = dataset
    (self.labelSmoothing, self.passes) = (labelSmoothing, passes)
    let layout = ParameterLayout(shape)
    let threads = max(min(threads, dataset.shards.count), 1)
    workers = try (0..<threads).map { index in
      let shards = Array(stride(from: index, to: dataset.shards.count, by: threads))
      return try GradientWorker(
        shape, layout, kernels, shards: shards, slots: layerwise ? shards.count : 1,
        passes: passes, maximumRows: (maximumRows - 1) / passes + 1, drops: drops)
    }
    weights = try PackedWeights(shape, kernels, training: true)
    gradients = try dataset.shards.map { _ in
      try ParameterBuffer(layout, extra: StepStatistics.count)
    }
    self.layout = layout
    self.layerwise = layerwise
  }

  /// The buckets in which the gradient becomes complete.
  package var buckets: [Range<Int>] { GradientBuckets.of(layout, apart: layerwise) }

  /// What the products run on.
  package var kernels: Kernels { weights.kernels }

  /// The number of threads.
  package var threads: Int { workers.count }

  /// Where the time of each thread went in the last `computeGradients`.
  package var times: [ComputeTimes] { workers.map(\.times) }

  /// Sets `gradients` for one step: of the loss's sum over each shard's slice, divided by the
  /// samples of the whole batch.
  ///
  /// - Parameters:
  ///   - positions: for each shard, the samples of its slice.
  ///   - augmentation: how their images are changed.
  ///   - dropout: what of the layers' outputs is dropped.
  ///   - isInterrupted, cannotWrite: what this rank has to say to the others.
  ///   - complete: called on this thread with the number of each bucket, in their order, when all
  ///     shards have it and others are still computed.
  ///   - progress: called on this thread now and then between two buckets.
  /// - Returns: the buckets that were not passed to `complete`.
  package func computeGradients(
    _ parameters: ParameterBuffer, positions: [ArraySlice<Int>], augmentation: Augmentation? = nil,
    dropout: Dropout? = nil, batchCount: Int, isInterrupted: Bool, cannotWrite: Bool,
    complete: @escaping (Int) throws -> Void,
    progress: @escaping () throws -> Void
  ) throws -> Range<Int> {
    weights.update(from: parameters)
    let step = WorkerStep(
      dataset: dataset, positions: positions, augmentation: augmentation, passes: passes,
      smoothing: labelSmoothing, scale: 1 / Float(batchCount), weights: weights,
      gradients: gradients, dropout: dropout)
    let completion = BucketCompletion(workers: workers.count)
    let caller = pthread_self()
    // Nothing is computed beside the last bucket and the statistics.
    let (bucketCount, early) = (buckets.count, buckets.count - 2)
    var completed = 0
    // The closures run on several threads, but touch `completed` and call MPI on one.
    nonisolated(unsafe) let passOn = {
      while completed < early, completed < completion.completeCount {
        try complete(completed)
        completed += 1
      }
    }
    nonisolated(unsafe) let progress = progress
    try forEach(workers) { index, worker in
      let isCaller = pthread_equal(caller, pthread_self()) != 0
      try worker.computeGradients(step) {
        completion.finishBucket(of: index)
        if isCaller { try passOn() }
      } progress: {
        if isCaller { try progress() }
      }
    }
    StepStatistics.mark(
      gradients[0], isInterrupted: isInterrupted, cannotWrite: cannotWrite)
    return completed..<bucketCount
  }
}
