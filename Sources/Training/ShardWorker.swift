import Recurrent
import Shards
import Synchronization
import Tensors

/// What the workers share in one step.
struct WorkerStep: Sendable {
  let dataset: ShardedDataset
  let positions: [ArraySlice<Int>]
  let smoothing: Double
  let scale: Float
  let weights: ClassifierWeights
  let gradients: [Arena]
  /// What is dropped of a shard.
  let dropout: @Sendable (_ shard: Int) -> Dropout?
}

/// How many pieces all workers have finished.
final class PieceProgress: Sendable {
  private let finished: Mutex<[Int]>

  init(workers: Int) { finished = Mutex(Array(repeating: 0, count: workers)) }

  func finishPiece(of worker: Int) { finished.withLock { $0[worker] += 1 } }

  var completeCount: Int { finished.withLock { $0.min() ?? 0 } }
}

/// One thread, with a classifier for each shard that it works on at a time.
final class ShardWorker: @unchecked Sendable {
  private let layout: ParameterLayout
  private let shards: [Int]
  private let classifiers: [RecurrentClassifier]
  private let labels: AlignedBuffer<Int32>
  private(set) var times = ComputeTimes()

  init(
    _ shape: ClassifierShape, _ layout: ParameterLayout, _ kernels: Kernels, shards: [Int],
    slots: Int, maximumRows: Int, drops: Bool
  ) throws {
    (self.layout, self.shards) = (layout, shards)
    classifiers = try (0..<max(slots, 1)).map { _ in
      try RecurrentClassifier(
        shape, kernels, maximumRows: maximumRows, training: true, drops: drops)
    }
    labels = try AlignedBuffer(count: maximumRows)
  }

  /// Computes the gradients of this worker's shards, and calls `finish` each time that all of them have
  /// the next piece, and `advance` more often.
  func computeGradients(
    _ step: WorkerStep, finish: () throws -> Void, advance: () throws -> Void
  ) throws {
    times = ComputeTimes()
    let stopwatch = Stopwatch()
    for start in stride(from: 0, to: shards.count, by: classifiers.count) {
      let group = shards[start..<min(start + classifiers.count, shards.count)]
      let isLast = group.endIndex == shards.count
      try computeGradients(step, of: group, advance) { if isLast { try finish() } }
    }
    times.total = stopwatch.total
  }

  /// Takes some shards, as many as there are classifiers, through each layer together.
  private func computeGradients(
    _ step: WorkerStep, of shards: ArraySlice<Int>, _ advance: () throws -> Void,
    finish: () throws -> Void
  ) throws {
    var stopwatch = Stopwatch()
    var minibatches: [(classifier: RecurrentClassifier, gradient: Arena)] = []
    for (classifier, shard) in zip(classifiers, shards) {
      let gradient = step.gradients[shard]
      guard !step.positions[shard].isEmpty else {
        gradient.whole.clear()
        continue
      }
      let result = try step.dataset.withMinibatch(
        shard: step.dataset.shards.lowerBound + shard, positions: step.positions[shard],
        in: classifier, labels: labels
      ) { labels in
        times.gather += stopwatch.lap()
        return classifier.loss(
          step.weights, labels: labels, smoothing: step.smoothing, scale: step.scale,
          dropout: step.dropout(step.dataset.shards.lowerBound + shard))
      }
      StepStatistics.store(result, in: gradient)
      minibatches.append((classifier, gradient))
      times.forward += stopwatch.lap()
    }

    for (classifier, gradient) in minibatches {
      classifier.linearGradients(step.weights, into: gradient)
    }
    times.weightGradients += stopwatch.lap()
    var layer = layout.pieces[0].layer + 1
    for piece in layout.pieces {
      if piece.layer < layer {
        for (classifier, gradient) in minibatches {
          if layer < layout.layers { classifier.inputGradient(layer: layer, step.weights) }
          classifier.backwardThroughTime(layer: piece.layer, step.weights, into: gradient)
          times.backwardThroughTime += stopwatch.lap()
          try advance()
          _ = stopwatch.lap()
        }
        layer = piece.layer
      }
      for (classifier, gradient) in minibatches {
        classifier.weightGradients(piece, into: gradient)
        times.weightGradients += stopwatch.lap()
        try advance()
        _ = stopwatch.lap()
      }
      try finish()
      _ = stopwatch.lap()
    }
  }
}
