import Cluster
import Datasets
import Networks
import Reduction
import Tensors

/// The work of one step, which the workers of a rank share.
struct GradientTask: Sendable {
  let batch: StepBatch
  let weights: PackedWeights
  /// Told of each bucket that a worker has finished.
  let exchange: OverlappedReduction
  /// The record of each worker's work, if the step is recorded.
  let tracks: [TraceTrack]?
}

/// A thread that computes the gradients of some shards and their sums along the tree, with a
/// classifier for each shard that it works on at a time.
///
/// `@unchecked Sendable` holds because one thread at a time uses a worker.
final class GradientWorker: @unchecked Sendable {
  private let number: Int
  private let dataset: ShardedDataset
  /// The order of this worker's shards and sums.
  private let schedule: ShardSums
  /// The gradients of the shards at work and the sums of those before, in the schedule's rows;
  /// behind each `StepStatistics`.
  private let rows: [ParameterBuffer]
  private let format: ReductionFormat
  private let classifiers: [RecurrentClassifier]
  private let labels: AlignedBuffer<Int32>
  private let microbatches: Int
  private let labelSmoothing: Double
  private let classWeights: [Float]
  /// For each classifier the gradient of a microbatch that is not the first; empty if each is.
  private let addends: [ParameterBuffer]
  private var stopwatch = TracedStopwatch(nil)
  /// The times of the last `computeGradients`.
  private(set) var times = ComputeTimes()

  init(
    _ number: Int, _ dataset: ShardedDataset, _ schedule: ShardSums, into sums: [ParameterBuffer],
    _ kernels: Kernels, format: ReductionFormat, maximumRows: Int, microbatches: Int,
    labelSmoothing: Double, classWeights: [Float], drops: Bool, recomputes: Bool
  ) throws {
    let layout = sums[0].layout
    (self.number, self.dataset, self.schedule) = (number, dataset, schedule)
    (self.format, self.microbatches) = (format, microbatches)
    (self.labelSmoothing, self.classWeights) = (labelSmoothing, classWeights)
    let maximum = BatchShape(rows: maximumRows, steps: dataset.form.steps)
    classifiers = try (0..<(schedule.groups.map(\.shards.count).max() ?? 0)).map { _ in
      try RecurrentClassifier(
        layout.shape, kernels, maximum: maximum, training: true, drops: drops,
        recomputes: recomputes)
    }
    labels = try AlignedBuffer(count: maximumRows)
    rows = try (0..<schedule.rowCount).map { row in
      try schedule.rows.firstIndex(of: row).map { sums[$0] }
        ?? ParameterBuffer(layout, extra: StepStatistics.count)
    }
    addends = try microbatches > 1 ? classifiers.map { _ in try ParameterBuffer(layout) } : []
  }

  /// Computes the gradients of this worker's shards, as many shards at a time as there are
  /// classifiers, and their sums, and tells the exchange of each bucket that is complete in all.
  func computeGradients(_ task: GradientTask) throws {
    times = ComputeTimes()
    let total = Stopwatch()
    for (number, group) in schedule.groups.enumerated() {
      var results = [ClassificationResult](
        repeating: ClassificationResult(), count: group.shards.count)
      for microbatch in 0..<microbatches {
        let slots = try forward(task, group, microbatch, &results)
        let part = BackwardPart(
          isFirst: microbatch == 0, isLast: microbatch == microbatches - 1,
          endsStep: number == schedule.groups.count - 1 && microbatch == microbatches - 1)
        try backward(task, group, slots, part)
      }
      for addition in group.additions {
        Float.add(rows[addition.term].extra, to: rows[addition.sum].extra)
      }
    }
    times.total = total.total
  }

  /// A classifier's number, and the row for the gradient of the shard whose samples are in it.
  private typealias Slot = (classifier: Int, row: Int)

  /// The place of a backward pass among those of its shards, and of the step.
  private struct BackwardPart {
    /// True if it is the first, or the last, over the slices of its shards.
    let isFirst: Bool, isLast: Bool
    /// True if no other follows in this step.
    let endsStep: Bool
  }

  /// Computes the losses of a part of the slices of some shards, adds them to `results`, and
  /// returns the classifiers that have samples.
  private func forward(
    _ task: GradientTask, _ group: ShardSums.Group, _ microbatch: Int,
    _ results: inout [ClassificationResult]
  ) throws -> [Slot] {
    stopwatch = TracedStopwatch(task.tracks?[number])
    var slots: [Slot] = []
    for (index, (shard, row)) in zip(group.shards, group.rows).enumerated() {
      let (classifier, gradient) = (classifiers[index], rows[row])
      let slice = task.batch.positions[shard - dataset.shards.lowerBound]
      let positions = slice.part(microbatch, of: microbatches)
      guard !positions.isEmpty else {
        if microbatch == 0 { gradient.whole.clear() }
        continue
      }
      let samples = try dataset.longestFirst(shard: shard, positions: positions)
      let shape = BatchShape(lengths: samples.lengths)
      let mixed = try dataset.gather(
        shard: shard, positions: samples.positions[...], augmentation: task.batch.augmentation,
        into: classifier.input(shape), labels: labels)
      times.gather += stopwatch.lap(.gather)
      times.samples += positions.count
      let result = labels.withSpan(0..<shape.rows) { labels in
        classifier.loss(
          task.weights, shape, labels: labels, mixed: mixed, classWeights: classWeights,
          smoothing: labelSmoothing, scale: 1 / Float(task.batch.count),
          dropout: task.batch.dropout?.of(
            shard: shard, firstRow: positions.startIndex - slice.startIndex, samples: samples.order)
        ) { times.forward += stopwatch.lap(.forward(layer: $0)) }
      }
      results[index] = results[index] + result
      StepStatistics.store(results[index], in: gradient)
      slots.append((index, row))
      times.forward += stopwatch.lap(.loss)
    }
    return slots
  }

  /// Computes the gradients of the losses of some classifiers, through each layer together; those
  /// of microbatches that are not the first are added to those before, and after the last one the
  /// group's gradients to the sums.
  private func backward(
    _ task: GradientTask, _ group: ShardSums.Group, _ slots: [Slot], _ part: BackwardPart
  ) throws {
    let passes = slots.map { slot in
      BackwardPass(
        classifiers[slot.classifier], into: part.isFirst ? rows[slot.row] : addends[slot.classifier]
      )
    }
    try Networks.backward(passes, task.weights) { event in
      let buckets = task.weights.layout.buckets
      switch event {
      case .linearGradients:
        times.weightGradients += stopwatch.lap(.linearGradients)
        try task.exchange.progress()
      case .recomputation(let layer):
        times.forward += stopwatch.lap(.recomputation(layer: layer))
        try task.exchange.progress()
      case .backwardThroughTime(let layer):
        times.backwardThroughTime += stopwatch.lap(.throughTime(layer: layer))
        try task.exchange.progress()
      case .weightGradients(let bucket):
        times.weightGradients += stopwatch.lap(.weightGradients(layer: buckets[bucket].layer))
        try task.exchange.progress()
      case .bucketComplete(let bucket):
        let range = buckets[bucket].range
        if !part.isFirst {
          for slot in slots {
            Float.add(addends[slot.classifier].all.columns(range), to: columns(slot.row, range))
          }
        }
        if part.isLast {
          for addition in group.additions {
            format.add(columns(addition.term, range), to: columns(addition.sum, range))
          }
        }
        times.weightGradients += stopwatch.lap(.sums(layer: buckets[bucket].layer))
        if part.endsStep { try task.exchange.finishBucket(of: number) }
      }
      // The exchange books its own time.
      _ = stopwatch.lap(.messages)
    }
  }

  private func columns(_ row: Int, _ range: Range<Int>) -> Matrix { rows[row].all.columns(range) }
}

extension ArraySlice {
  /// Part `index` of `count` even ones, the larger ones at places that depend on the sizes alone;
  /// the first is only empty if all are.
  fileprivate func part(_ index: Int, of count: Int) -> ArraySlice {
    func end(_ parts: Int) -> Int { startIndex + (self.count * parts + count - 1) / count }
    return self[end(index)..<end(index + 1)]
  }
}
