import Cluster
import Datasets
import Networks
import Tensors

/// The work of one step, which the workers of a rank share.
struct GradientTask: Sendable {
  let batch: StepBatch
  let weights: PackedWeights
  /// The gradients of the rank's shards, out.
  let gradients: [ParameterBuffer]
  /// Told of each bucket that a worker has finished.
  let exchange: OverlappedReduction
}

/// A thread that computes gradients, with a classifier for each shard that it works on at a time.
///
/// `@unchecked Sendable` holds because one thread at a time uses a worker.
final class GradientWorker: @unchecked Sendable {
  private let number: Int
  private let dataset: ShardedDataset
  /// The numbers of this worker's shards among those of the rank.
  private let shards: [Int]
  private let classifiers: [RecurrentClassifier]
  private let labels: AlignedBuffer<Int32>
  private let microbatches: Int
  private let labelSmoothing: Double
  /// For each classifier the gradient of a microbatch that is not the first; empty if each is.
  private let addends: [ParameterBuffer]
  private var stopwatch = Stopwatch()
  /// The times of the last `computeGradients`.
  private(set) var times = ComputeTimes()

  init(
    _ number: Int, _ dataset: ShardedDataset, shards: [Int], _ layout: ParameterLayout,
    _ kernels: Kernels, classifiers: Int, maximumRows: Int, microbatches: Int,
    labelSmoothing: Double, drops: Bool
  ) throws {
    (self.number, self.dataset, self.shards) = (number, dataset, shards)
    (self.microbatches, self.labelSmoothing) = (microbatches, labelSmoothing)
    let maximum = BatchShape(rows: maximumRows, steps: dataset.height)
    self.classifiers = try (0..<classifiers).map { _ in
      try RecurrentClassifier(
        layout.shape, kernels, maximum: maximum, training: true, drops: drops)
    }
    labels = try AlignedBuffer(count: maximumRows)
    addends = try microbatches > 1 ? self.classifiers.map { _ in try ParameterBuffer(layout) } : []
  }

  /// Computes the gradients of this worker's shards, as many shards at a time as there are
  /// classifiers, and tells the exchange of each bucket that all of them have.
  func computeGradients(_ task: GradientTask) throws {
    times = ComputeTimes()
    let total = Stopwatch()
    for start in stride(from: 0, to: shards.count, by: classifiers.count) {
      let group = shards[start..<min(start + classifiers.count, shards.count)]
      var results = [ClassificationResult](repeating: ClassificationResult(), count: group.count)
      for microbatch in 0..<microbatches {
        let slots = try forward(task, group, microbatch, &results)
        let isLast = group.endIndex == shards.count && microbatch == microbatches - 1
        try backward(task, slots, isFirst: microbatch == 0, isLast: isLast)
      }
    }
    times.total = total.total
  }

  /// A classifier's number, and the shard whose samples are in it.
  private typealias Slot = (classifier: Int, shard: Int)

  /// Computes the losses of a part of the slices of some shards, adds them to `results`, and
  /// returns the classifiers that have samples.
  private func forward(
    _ task: GradientTask, _ group: ArraySlice<Int>, _ microbatch: Int,
    _ results: inout [ClassificationResult]
  ) throws -> [Slot] {
    stopwatch = Stopwatch()
    var slots: [Slot] = []
    for (index, (classifier, shard)) in zip(classifiers, group).enumerated() {
      let slice = task.batch.positions[shard]
      let positions = slice.part(microbatch, of: microbatches)
      guard !positions.isEmpty else {
        if microbatch == 0 { task.gradients[shard].whole.clear() }
        continue
      }
      let globalShard = dataset.shards.lowerBound + shard
      let shape = BatchShape(rows: positions.count, steps: dataset.height)
      let mixed = try dataset.gather(
        shard: globalShard, positions: positions, augmentation: task.batch.augmentation,
        into: classifier.input(shape), labels: labels)
      times.gather += stopwatch.lap()
      let result = labels.withSpan(0..<shape.rows) { labels in
        classifier.loss(
          task.weights, shape, labels: labels, mixed: mixed, smoothing: labelSmoothing,
          scale: 1 / Float(task.batch.count),
          dropout: task.batch.dropout?.of(
            shard: globalShard, firstRow: positions.startIndex - slice.startIndex))
      }
      results[index] = results[index] + result
      StepStatistics.store(results[index], in: task.gradients[shard])
      slots.append((index, shard))
      times.forward += stopwatch.lap()
    }
    return slots
  }

  /// Computes the gradients of the losses of some classifiers, through each layer together; those
  /// of microbatches that are not the first are added to those before.
  private func backward(
    _ task: GradientTask, _ slots: [Slot], isFirst: Bool, isLast: Bool
  ) throws {
    let passes = slots.map { slot in
      BackwardPass(
        classifiers[slot.classifier],
        into: isFirst ? task.gradients[slot.shard] : addends[slot.classifier])
    }
    try Networks.backward(passes, task.weights) { event in
      switch event {
      case .backwardThroughTime:
        times.backwardThroughTime += stopwatch.lap()
        try task.exchange.progress()
      case .weightGradients:
        times.weightGradients += stopwatch.lap()
        try task.exchange.progress()
      case .bucketComplete(let bucket):
        if !isFirst {
          add(slots, task.weights.layout.buckets[bucket].range, to: task.gradients)
          times.weightGradients += stopwatch.lap()
        }
        if isLast { try task.exchange.finishBucket(of: number) }
      }
      // The exchange books its own time.
      _ = stopwatch.lap()
    }
  }

  /// Adds a range of the addends to the gradients of their shards.
  private func add(_ slots: [Slot], _ range: Range<Int>, to gradients: [ParameterBuffer]) {
    for slot in slots {
      let sum = gradients[slot.shard].all.columns(range)
      sum.setToSum(sum, addends[slot.classifier].all.columns(range))
    }
  }
}

extension ArraySlice {
  /// Part `index` of `count` even ones, the larger ones at places that depend on the sizes alone;
  /// the first is only empty if all are.
  fileprivate func part(_ index: Int, of count: Int) -> ArraySlice {
    func end(_ parts: Int) -> Int { startIndex + (self.count * parts + count - 1) / count }
    return self[end(index)..<end(index + 1)]
  }
}
