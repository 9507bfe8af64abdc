import Cluster
import Datasets
import Foundation
import MessagePassing
import Networks
import Reduction
import Reports
import Tensors
import Training

/// Measures what `MachineProfile` holds besides the steps: on all threads of all ranks at the same
/// time, as the steps use them.
struct ProfileMeter {
  /// The most samples of a slice, whose time larger ones are taken to be multiples of.
  private static let mostRows = 256
  /// The number of measurements of which the median counts, and of those before it.
  private static let (repetitions, warmup) = (5, 1)
  /// The quantiles of the steps' spread.
  private static let quantiles = 100

  let context: TrainingContext

  /// The sizes that are measured: powers of two up to a whole batch, and the slice of this job.
  private var sizes: [Int] {
    let batch = min(context.configuration.train.batch, Self.mostRows)
    let powers = (0..<Int.bitWidth - 2).map { 1 << $0 }.prefix { $0 < batch }
    return Set(powers + [batch, min(context.data.sampler.maximumSliceCount, Self.mostRows)])
      .sorted()
  }

  /// The computation of slices of all sizes, the mean over all threads. All ranks call this.
  func slices(_ parameters: ParameterBuffer) throws -> [MachineProfile.Slice] {
    let workers = context.step.workers
    let layout = context.data.layout
    let weights = try PackedWeights(layout.shape, workers.kernels, training: true)
    weights.update(from: parameters)
    let meters = try (0..<workers.threads).map { _ in try SliceMeter(context, weights, sizes) }
    try context.group.world.barrier()
    try workers.pool.forEach(meters) { _, meter in try meter.measure() }
    // As many numbers from each thread: the parts of a slice, slice after slice.
    let all = try context.group.world.allGather(meters.flatMap { $0.medians.joined() }).joined()
    let (flat, parts) = (Array(all), meters[0].medians[0].count)
    let threads = flat.count / parts / sizes.count
    return sizes.enumerated().map { index, rows in
      let means = (0..<parts).map { part in
        (0..<threads).reduce(0) { sum, thread in
          sum + flat[(thread * sizes.count + index) * parts + part]
        } / Double(threads)
      }
      let layers = layout.shape.layers
      return MachineProfile.Slice(
        rows: rows, gather: means[0], forward: means[1], linearGradients: means[2],
        throughTime: Array(means[3..<3 + layers]), weightGradients: Array(means[(3 + layers)...]))
    }
  }

  /// The time to bring the weights into the forms that products read. All ranks call this.
  func weightForms(_ parameters: ParameterBuffer) throws -> Double {
    let weights = try PackedWeights(
      context.data.shape, context.step.workers.kernels, training: true)
    return try meanOverRanks(median { weights.update(from: parameters) })
  }

  /// The arithmetic of sums in both formats. All ranks call this.
  func arithmetic() throws -> [String: MachineProfile.Arithmetic] {
    [
      ReductionFormat.float32.rawValue: try arithmetic(Float.self),
      ReductionFormat.bfloat16.rawValue: try arithmetic(BFloat16.self),
    ]
  }

  private func arithmetic<Element: ReductionElement>(
    _: Element.Type
  ) throws -> MachineProfile.Arithmetic {
    // Bucket after bucket of a gradient, as a step does it: not from the nearest cache.
    let (bucket, count) = (1 << 14, max(context.data.layout.count, 1 << 14))
    let starts = Array(stride(from: 0, to: count - bucket + 1, by: bucket))
    let elements = try AlignedBuffer<Element>(count: 2 * count)
    let row = try AlignedBuffer<Float>(count: count)
    let addition = median {
      elements.withMutableSpan { span in
        for start in starts { Element.add(start + count, to: start, count: bucket, in: &span) }
      }
    }
    let copy = median {
      elements.withMutableSpan { span in
        for start in starts {
          Element.store(row.matrix(1, bucket, at: start), in: &span, at: start)
        }
      }
    }
    let moved = Double(starts.count * bucket)
    return MachineProfile.Arithmetic(
      addition: try meanOverRanks(addition) / moved, copy: try meanOverRanks(copy) / moved)
  }

  /// The quantiles of the steps' computation against what the usual time of a slice makes it, over
  /// all ranks, without the slowest hundredth: what is rarer a benchmark sees too seldom to know.
  /// All ranks call this.
  ///
  /// - Parameters:
  ///   - computation: that of this rank's steps.
  ///   - slices: the time of all of this rank's slices in each step.
  func spread(_ computation: [Double], slices: [Double]) throws -> [Double] {
    // A rank waits for the thread that has most shards.
    let (shards, threads) = (context.data.training.shards.count, context.step.workers.threads)
    let most = Double((shards - 1) / threads + 1) / Double(shards)
    let usual = (MedianRange(slices)?.median ?? 0) * most
    let all = try context.group.world.allGather(
      computation.map { usual > 0 ? $0 / usual : 1 }
    ).joined().sorted()
    guard !all.isEmpty else { return [1] }
    let last = (all.count - 1) * 99 / 100
    return (0...Self.quantiles).map { all[last * $0 / Self.quantiles] }
  }

  private func median(_ body: () -> Void) -> Double {
    var times: [Double] = []
    for _ in 0..<Self.repetitions + Self.warmup {
      let stopwatch = Stopwatch()
      body()
      times.append(stopwatch.total)
    }
    return MedianRange(Array(times.dropFirst(Self.warmup)))?.median ?? 0
  }

  private func meanOverRanks(_ seconds: Double) throws -> Double {
    try context.group.world.allReduce(seconds, .sum) / Double(context.group.size)
  }

  /// One thread's measurement. `@unchecked Sendable` holds because one thread at a time uses it.
  private final class SliceMeter: @unchecked Sendable {
    private let context: TrainingContext
    private let weights: PackedWeights
    private let sizes: [Int]
    private let classifier: RecurrentClassifier
    private let labels: AlignedBuffer<Int32>
    private let gradient: ParameterBuffer
    /// For each size, the median of each part.
    private(set) var medians: [[Double]] = []

    init(_ context: TrainingContext, _ weights: PackedWeights, _ sizes: [Int]) throws {
      (self.context, self.weights, self.sizes) = (context, weights, sizes)
      let rows = sizes.max() ?? 1
      classifier = try RecurrentClassifier(
        weights.shape, weights.kernels,
        maximum: BatchShape(rows: rows, steps: context.data.training.form.steps), training: true,
        recomputes: context.memory.recomputes)
      labels = try AlignedBuffer(count: rows)
      gradient = try ParameterBuffer(weights.layout)
    }

    func measure() throws {
      for rows in sizes {
        let all = try (0..<ProfileMeter.repetitions + ProfileMeter.warmup).map { _ in
          try parts(rows)
        }.dropFirst(ProfileMeter.warmup)
        medians.append(
          (all.first ?? []).indices.map { part in
            MedianRange(all.map { $0[part] })?.median ?? 0
          })
      }
    }

    /// The times of one slice: gather, forward, the linear layer, the layers, the buckets.
    private func parts(_ rows: Int) throws -> [Double] {
      let data = context.data.training
      let shard = data.shards.lowerBound
      let samples = data.layout.sampleCount(inShard: shard)
      var stopwatch = Stopwatch()
      let slice = try data.longestFirst(
        shard: shard, positions: (0..<rows).map { $0 % samples }[...])
      let shape = BatchShape(lengths: slice.lengths)
      _ = try data.gather(
        shard: shard, positions: slice.positions[...], augmentation: nil,
        into: classifier.input(shape), labels: labels)
      let gather = stopwatch.lap()
      _ = labels.withSpan(0..<rows) {
        classifier.loss(weights, shape, labels: $0, scale: 1 / Float(rows))
      }
      let forward = stopwatch.lap()
      let layout = weights.layout
      var linear = 0.0
      var layers = Array(repeating: 0.0, count: layout.shape.layers)
      var buckets = Array(repeating: 0.0, count: layout.buckets.count)
      backward([BackwardPass(classifier, into: gradient)], weights) { event in
        switch event {
        case .linearGradients: linear = stopwatch.lap()
        case .recomputation(let layer), .backwardThroughTime(let layer):
          layers[layer] += stopwatch.lap()
        case .weightGradients(let bucket): buckets[bucket] += stopwatch.lap()
        case .bucketComplete: break
        }
      }
      return [gather, forward, linear] + layers + buckets
    }
  }
}
