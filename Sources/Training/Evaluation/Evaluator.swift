import Cluster
import Datasets
import Networks
import Tensors

/// Evaluates a classifier on a whole data set, in chunks of fixed size: the figures do not depend
/// on who computes which chunk.
package final class Evaluator {
  /// The number of samples in a chunk; the last one may have fewer.
  package static let chunkSize = 50

  /// The floats that a thread's classifier takes about at most: of long sequences it computes some of
  /// a chunk after the others.
  package static let mostFloats = 32 << 20

  private let dataset: ShardedDataset
  private let weights: PackedWeights
  private let workers: [Worker]
  private let pool: WorkerThreads
  /// The seconds that threads compute between two calls of `progress`, unless a chunk takes longer.
  private static let partSeconds = 0.1

  /// An evaluator with `threads` threads of a `dataset` that is one shard.
  ///
  /// - Parameter mostFloats: the floats that each thread's classifier takes about at most, with one
  ///   sample at least.
  /// - Throws: `TensorError`; `WorkerThreadsError`.
  package init(
    _ dataset: ShardedDataset, shape: ClassifierShape, kernels: Kernels, threads: Int,
    mostFloats: Int = mostFloats
  ) throws {
    self.dataset = dataset
    weights = try PackedWeights(shape, kernels, training: false)
    workers = try (0..<max(threads, 1)).map { _ in
      try Worker(
        shape, kernels, maximum: Self.maximum(of: dataset, shape, kernels, mostFloats: mostFloats),
        chunk: min(Self.chunkSize, dataset.sampleCount))
    }
    pool = try WorkerThreads(count: workers.count)
  }

  /// The most rows and time steps that are computed at a time.
  static func maximum(
    of dataset: ShardedDataset, _ shape: ClassifierShape, _ kernels: Kernels,
    mostFloats: Int = mostFloats
  ) -> BatchShape {
    let (chunk, steps) = (min(chunkSize, dataset.sampleCount), dataset.form.steps)
    let floats = RecurrentClassifier.floatCount(
      shape, kernels, maximum: BatchShape(rows: chunk, steps: steps), training: false)
    return BatchShape(rows: min(chunk, max(chunk * mostFloats / floats, 1)), steps: steps)
  }

  /// The number of chunks.
  package var chunkCount: Int { (dataset.sampleCount - 1) / Self.chunkSize + 1 }

  /// The figures of all samples.
  ///
  /// - Parameter progress: called now and then; an error that it throws ends the evaluation.
  /// - Throws: `TensorError`, or what `progress` throws.
  package func evaluate(
    _ parameters: ParameterBuffer, progress: () throws -> Void = {}
  ) throws -> EvaluationResult {
    try evaluate(parameters, chunks: 0..<chunkCount, progress: progress).result
  }

  /// The figures of some chunks.
  package struct Part {
    /// The sum of the losses of each chunk.
    package let losses: [Double]
    /// What their samples are taken for.
    package let confusion: ConfusionMatrix
    package let mistakes: WorstMistakes

    /// The figures, if these are all chunks.
    var result: EvaluationResult {
      EvaluationResult(
        lossSum: Evaluator.total(losses), confusion: confusion, mistakes: mistakes)
    }
  }

  /// The figures of some chunks.
  ///
  /// - Parameter progress: called now and then; an error that it throws ends the evaluation.
  /// - Throws: `TensorError`, or what `progress` throws.
  package func evaluate(
    _ parameters: ParameterBuffer, chunks: Range<Int>, progress: () throws -> Void
  ) throws -> Part {
    let (dataset, weights, workers) = (dataset, weights, workers)
    weights.update(from: parameters)
    for worker in workers { worker.begin(classes: dataset.classes) }
    var losses: [Double] = []
    try forEachPart(of: chunks, progress) { part in
      try pool.forEach(workers) { index, worker in
        worker.losses = try stride(
          from: part.lowerBound + index, to: part.upperBound, by: workers.count
        )
        .map { try worker.evaluate(dataset, dataset.samples(ofChunk: $0), weights) }
      }
      losses += part.map { chunk in
        let place = chunk - part.lowerBound
        return workers[place % workers.count].losses[place / workers.count]
      }
    }
    let confusion = workers.map(\.confusion).reduce(ConfusionMatrix(classes: dataset.classes), +)
    let mistakes = workers.map(\.mistakes).reduce(WorstMistakes(), +)
    return Part(losses: losses, confusion: confusion, mistakes: mistakes)
  }

  /// Computes chunks part by part, with as many for each thread as take about `partSeconds`: with a
  /// large model a single one may take a second.
  private func forEachPart(
    of chunks: Range<Int>, _ progress: () throws -> Void, _ body: (Range<Int>) throws -> Void
  ) rethrows {
    var (start, perThread) = (chunks.lowerBound, 1)
    while start < chunks.upperBound {
      try progress()
      let part = start..<min(start + perThread * workers.count, chunks.upperBound)
      let stopwatch = Stopwatch()
      try body(part)
      start = part.upperBound
      perThread = stopwatch.total < Self.partSeconds / 2 ? 2 * perThread : perThread
    }
  }

  /// The sum over chunks in their order.
  static func total(_ losses: [Double]) -> Double { losses.reduce(0, +) }

  /// The classes that some samples are taken for, in their order.
  ///
  /// - Parameters:
  ///   - samples: numbers in the data set, in any order.
  ///   - progress: called now and then; an error that it throws ends the work.
  /// - Throws: `DatasetError` if there is no such sample; `TensorError`, or what `progress` throws.
  package func predict(
    _ parameters: ParameterBuffer, samples: ArraySlice<Int>, progress: () throws -> Void = {}
  ) throws -> Predictions {
    let (dataset, weights, workers) = (dataset, weights, workers)
    weights.update(from: parameters)
    let chunks = (samples.count + Self.chunkSize - 1) / Self.chunkSize
    var predictions = Predictions(classes: dataset.classes)
    try forEachPart(of: 0..<chunks, progress) { part in
      try pool.forEach(workers) { index, worker in
        worker.predictions = try stride(
          from: part.lowerBound + index, to: part.upperBound, by: workers.count
        )
        .map { chunk in
          let start = samples.startIndex + chunk * Self.chunkSize
          let end = min(start + Self.chunkSize, samples.endIndex)
          return try worker.predict(dataset, samples[start..<end], weights)
        }
      }
      for chunk in part {
        let place = chunk - part.lowerBound
        predictions += workers[place % workers.count].predictions[place / workers.count]
      }
    }
    return predictions
  }

  /// One thread's classifier. `@unchecked Sendable` holds because one thread at a time uses a
  /// worker.
  private final class Worker: @unchecked Sendable {
    private let classifier: RecurrentClassifier
    private let labels: AlignedBuffer<Int32>
    private let logits: AlignedBuffer<Float>
    var losses: [Double] = []
    private(set) var confusion = ConfusionMatrix(classes: 0)
    private(set) var mistakes = WorstMistakes()
    var predictions: [Predictions] = []

    init(
      _ shape: ClassifierShape, _ kernels: Kernels, maximum: BatchShape, chunk: Int
    ) throws {
      classifier = try RecurrentClassifier(shape, kernels, maximum: maximum, training: false)
      labels = try AlignedBuffer(count: chunk)
      logits = try AlignedBuffer(count: chunk * shape.classes)
    }

    /// Begins an evaluation.
    func begin(classes: Int) {
      (confusion, mistakes) = (ConfusionMatrix(classes: classes), WorstMistakes())
    }

    /// Adds some samples to `confusion` and `mistakes`, and returns the sum of their losses.
    func evaluate(
      _ dataset: ShardedDataset, _ samples: Range<Int>, _ weights: PackedWeights
    ) throws -> Double {
      let sorted = try dataset.longestFirst(shard: 0, positions: Array(samples)[...])
      let logits = try logits(dataset, sorted, weights)
      return labels.withSpan(0..<samples.count) { labels in
        confusion.add(logits: logits, labels: labels)
        mistakes.add(logits: logits, labels: labels, samples: sorted.positions)
        return softmaxCrossEntropy(logits, labels: labels).lossSum
      }
    }

    func predict(
      _ dataset: ShardedDataset, _ samples: ArraySlice<Int>, _ weights: PackedWeights
    ) throws -> Predictions {
      let sorted = try dataset.longestFirst(shard: 0, positions: samples)
      return Predictions(logits: try logits(dataset, sorted, weights), order: sorted.order)
    }

    /// The logits of some samples, the longest first, whose labels are left in `labels`.
    private func logits(
      _ dataset: ShardedDataset, _ sorted: SortedSamples, _ weights: PackedWeights
    ) throws -> Matrix {
      let (count, classes) = (sorted.positions.count, classifier.shape.classes)
      var start = 0
      while start < count {
        let part = start..<min(start + classifier.maximum.rows, count)
        let batch = BatchShape(lengths: Array(sorted.lengths[part]))
        _ = try dataset.gather(
          shard: 0, positions: sorted.positions[part], into: classifier.input(batch),
          labels: labels, from: start)
        logits.matrix(part.count, classes, at: start * classes)
          .copy(from: classifier.forward(weights, batch))
        start = part.upperBound
      }
      return logits.matrix(count, classes)
    }
  }
}

extension ShardedDataset {
  fileprivate func samples(ofChunk chunk: Int) -> Range<Int> {
    let start = chunk * Evaluator.chunkSize
    return start..<min(start + Evaluator.chunkSize, sampleCount)
  }
}
