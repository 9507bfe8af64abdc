import Cluster
import Datasets
import Networks
import Reduction
import Tensors

/// The threads of a rank: each computes the gradients of a block of the rank's shards, and adds
/// them up along the tree over shards. A gradient does not depend on which thread computes it.
package final class GradientWorkers {
  /// The most shards that a thread takes through a layer together, each with memory of its own.
  package static let shardsAtATime = 4

  /// The threads, as many as there are workers.
  package let pool: WorkerThreads
  private let workers: [GradientWorker]
  private let weights: PackedWeights
  /// The sum of the gradients over the shards of each node of the schedules; behind it
  /// `StepStatistics`.
  package let gradients: [ParameterBuffer]
  /// True if the loss is weighted by class.
  let hasClassWeights: Bool

  /// Memory for minibatches of up to `maximumRows` rows of a shard.
  ///
  /// - Parameters:
  ///   - classWeights: `[C]`, the weight of each class in the loss; empty if each is 1.
  ///   - drops: true for the memory for dropout.
  ///   - recomputes: true for the memory of the states of one segment of time steps at a time.
  ///   - microbatches: the number of parts in which a slice is computed, one after the other in the
  ///     same memory (gradient accumulation).
  ///   - schedules: the shards of each thread.
  ///   - rows: memory for the gradients of the schedules' nodes, in their order.
  ///   - format: the format of sums.
  package init(
    _ dataset: ShardedDataset, shape: ClassifierShape, kernels: Kernels, maximumRows: Int,
    labelSmoothing: Double, classWeights: [Float] = [], drops: Bool, recomputes: Bool = false,
    microbatches: Int = 1,
    schedules: [ShardSums], into rows: [AlignedBuffer<Float>], format: ReductionFormat = .float32
  ) throws {
    weights = try PackedWeights(shape, kernels, training: true)
    let gradients = rows.map { [layout = weights.layout] in ParameterBuffer(layout, in: $0) }
    var rest = gradients[...]
    workers = try schedules.enumerated().map { number, schedule in
      let sums = Array(rest.prefix(schedule.nodes.count))
      rest = rest.dropFirst(sums.count)
      return try GradientWorker(
        number, dataset, schedule, into: sums, kernels, format: format,
        maximumRows: (maximumRows - 1) / microbatches + 1, microbatches: microbatches,
        labelSmoothing: labelSmoothing, classWeights: classWeights, drops: drops,
        recomputes: recomputes)
    }
    hasClassWeights = !classWeights.isEmpty
    pool = try WorkerThreads(count: workers.count)
    self.gradients = gradients
  }

  /// True if the threads of a job on `hosts` hosts take their shards through a layer before the
  /// next. Within a host the gradients are summed by the processors: there is nothing to hide that
  /// behind.
  package static func isLayerwise(hosts: Int) -> Bool { hosts > 1 }

  /// The shards of each thread of a rank that has `shards`, with the order of their sums.
  ///
  /// - Parameter layerwise: true if a thread takes some shards through a layer before the next, which
  ///   takes memory for each, so that the buckets of the gradient are complete early.
  package static func schedules(
    _ shards: Range<Int>, of shardCount: Int, threads: Int, layerwise: Bool
  ) -> [ShardSums] {
    let count = shards.count
    let threads = max(min(threads, count), 1)
    return (0..<threads).map { thread in
      let start = shards.lowerBound
      return ShardSums(
        block: start + count * thread / threads..<start + count * (thread + 1) / threads,
        shardCount: shardCount, groupSize: layerwise ? shardsAtATime : 1)
    }
  }

  /// The ranges of a gradient of this layout in which the sum over ranks is computed: those that
  /// become complete one after the other if `layerwise`, or all parameters at once, and behind them
  /// the statistics.
  package static func buckets(_ layout: ParameterLayout, layerwise: Bool) -> [Range<Int>] {
    let ends = layerwise ? layout.buckets.map(\.range.upperBound) : [layout.count]
    let bounds = [0] + ends + [layout.count + StepStatistics.count]
    return zip(bounds, bounds.dropFirst()).map { $0..<$1 }
  }

  /// The kernels that compute the gradients.
  package var kernels: Kernels { weights.kernels }

  /// The number of threads.
  package var threads: Int { pool.count }

  /// The times of each thread in the last `computeGradients`.
  package var times: [ComputeTimes] { workers.map(\.times) }

  /// Sets `gradients` to those of the loss's sum over each node's slices, weighted by class, divided
  /// by the samples of the whole batch.
  ///
  /// - Parameters:
  ///   - exchange: told of each bucket that a thread has finished.
  ///   - trace: takes note of the work.
  /// - Throws: `DatasetError`; `MPIError`.
  package func computeGradients(
    _ parameters: ParameterBuffer, _ batch: StepBatch, _ exchange: OverlappedReduction,
    trace: StepTrace? = nil
  ) throws {
    let start = ContinuousClock.now
    weights.update(from: parameters)
    trace?.threads[0].add(.weightForms, from: start, to: .now)
    let task = GradientTask(
      batch: batch, weights: weights, exchange: exchange, tracks: trace?.threads)
    try pool.forEach(workers) { _, worker in try worker.computeGradients(task) }
  }
}
