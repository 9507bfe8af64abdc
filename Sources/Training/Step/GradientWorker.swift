import Cluster
import Datasets
import Networks
import Synchronization
import Tensors

/// What the workers share in one step.
package struct WorkerStep: Sendable {
  package let dataset: ShardedDataset
  package let positions: [ArraySlice<Int>]
  package let augmentation: Augmentation?
  package let passes: Int
  package let smoothing: Double
  package let scale: Float
  package let weights: PackedWeights
  package let gradients: [ParameterBuffer]
  package let dropout: Dropout?
}

/// How many buckets all workers have finished.
package final class BucketCompletion: Sendable {
  private let finished: Mutex<[Int]>

  package init(workers: Int) { finished = Mutex(Array(repeating: 0, count: workers)) }

  package func finishBucket(of worker: Int) { finished.withLock { $0[worker] += 1 } }

  package var completeCount: Int { finished.withLock { $0.min() ?? 0 } }
}

/// One thread, with a classifier for each shard that it works on at a time.
package final class GradientWorker: @unchecked Sendable {
  private let layout: ParameterLayout
  private let shards: [Int]
  private let classifiers: [RecurrentClassifier]
  private let labels: AlignedBuffer<Int32>
  /// For each classifier the gradient of a pass that is not the first; empty if each is.
  private let addends: [ParameterBuffer]
  package private(set) var times = ComputeTimes()

  package init(
    _ shape: ClassifierShape, _ layout: ParameterLayout, _ kernels: Kernels, shards: [Int],
    slots: Int, passes: Int, maximumRows: Int, drops: Bool
  ) throws {
    (self.layout, self.shards) = (layout, shards)
    classifiers = try (0..<max(slots, 1)).map { _ in
      try RecurrentClassifier(
        shape, kernels, maximumRows: maximumRows, training: true, drops: drops)
    }
    labels = try AlignedBuffer(count: maximumRows)
    addends = try passes > 1 ? classifiers.map { _ in try ParameterBuffer(layout) } : []
  }

  /// Computes the gradients of this worker's shards, and calls `finish` each time that all of them have
  /// the next bucket, and `progress` more often.
  package func computeGradients(
    _ step: WorkerStep, finish: () throws -> Void, progress: () throws -> Void
  ) throws {
    times = ComputeTimes()
    let stopwatch = Stopwatch()
    for start in stride(from: 0, to: shards.count, by: classifiers.count) {
      let group = shards[start..<min(start + classifiers.count, shards.count)]
      let isLast = group.endIndex == shards.count
      var results = [ClassificationResult](repeating: ClassificationResult(), count: group.count)
      for pass in 0..<step.passes {
        let isLastPass = pass == step.passes - 1
        try computeGradients(step, of: group, pass, &results, progress) {
          if isLast && isLastPass { try finish() }
        }
      }
    }
    times.total = stopwatch.total
  }

  /// Takes part `pass` of the slices of some shards, as many as there are classifiers, through each layer
  /// together, and adds the gradients to those of the parts before.
  private func computeGradients(
    _ step: WorkerStep, of shards: ArraySlice<Int>, _ pass: Int,
    _ results: inout [ClassificationResult], _ progress: () throws -> Void,
    finish: () throws -> Void
  ) throws {
    var stopwatch = Stopwatch()
    var minibatches: [(classifier: RecurrentClassifier, gradient: ParameterBuffer)] = []
    var sums: [(sum: ParameterBuffer, addend: ParameterBuffer)] = []
    for (slot, (classifier, shard)) in zip(classifiers, shards).enumerated() {
      let sum = step.gradients[shard]
      let slice = step.positions[shard]
      let positions = slice.part(pass, of: step.passes)
      guard !positions.isEmpty else {
        if pass == 0 { sum.whole.clear() }
        continue
      }
      let gradient = pass == 0 ? sum : addends[slot]
      if pass > 0 { sums.append((sum, gradient)) }
      let result = try step.dataset.withMinibatch(
        shard: step.dataset.shards.lowerBound + shard, positions: positions,
        in: classifier, labels: labels, augmentation: step.augmentation
      ) { labels, mixed in
        times.gather += stopwatch.lap()
        return classifier.loss(
          step.weights, labels: labels, mixed: mixed, smoothing: step.smoothing, scale: step.scale,
          dropout: step.dropout?.of(
            shard: step.dataset.shards.lowerBound + shard,
            firstRow: positions.startIndex - slice.startIndex))
      }
      results[slot] = results[slot] + result
      StepStatistics.store(results[slot], in: sum)
      minibatches.append((classifier, gradient))
      times.forward += stopwatch.lap()
    }

    for (classifier, gradient) in minibatches {
      classifier.linearGradients(step.weights, into: gradient)
    }
    times.weightGradients += stopwatch.lap()
    var layer = layout.buckets[0].layer + 1
    for bucket in layout.buckets {
      if bucket.layer < layer {
        for (classifier, gradient) in minibatches {
          if layer < layout.layers { classifier.inputGradient(layer: layer, step.weights) }
          classifier.backwardThroughTime(layer: bucket.layer, step.weights, into: gradient)
          times.backwardThroughTime += stopwatch.lap()
          try progress()
          _ = stopwatch.lap()
        }
        layer = bucket.layer
      }
      for (classifier, gradient) in minibatches {
        classifier.weightGradients(bucket, into: gradient)
        times.weightGradients += stopwatch.lap()
        try progress()
        _ = stopwatch.lap()
      }
      for (sum, addend) in sums {
        let range = sum.all.columns(bucket.range)
        range.setToSum(range, addend.all.columns(bucket.range))
        times.weightGradients += stopwatch.lap()
      }
      try finish()
      _ = stopwatch.lap()
    }
  }
}

extension ArraySlice {
  /// Part `index` of `count` even ones, the larger ones at places that depend on the sizes alone; the
  /// first is only empty if all are.
  fileprivate func part(_ index: Int, of count: Int) -> ArraySlice {
    func end(_ parts: Int) -> Int { startIndex + (self.count * parts + count - 1) / count }
    return self[end(index)..<end(index + 1)]
  }
}
