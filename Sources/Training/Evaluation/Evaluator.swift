import Cluster
import Datasets
import Networks
import Tensors

/// Evaluates a classifier on a whole data set, in chunks of fixed size: the figures do not depend
/// on who computes which chunk.
package final class Evaluator {
  /// The number of samples in a chunk; the last one may have fewer.
  package static let chunkSize = 50

  private let dataset: ShardedDataset
  private let weights: PackedWeights
  private let workers: [Worker]
  private let pool: WorkerThreads
  /// The seconds that threads compute between two calls of `progress`, unless a chunk takes longer.
  private static let partSeconds = 0.1

  /// An evaluator with `threads` threads of a `dataset` that is one shard.
  ///
  /// - Throws: `TensorError`; `WorkerThreadsError`.
  package init(
    _ dataset: ShardedDataset, shape: ClassifierShape, kernels: Kernels, threads: Int
  ) throws {
    self.dataset = dataset
    weights = try PackedWeights(shape, kernels, training: false)
    workers = try (0..<max(threads, 1)).map { _ in
      try Worker(shape, kernels, maximum: Self.maximum(of: dataset))
    }
    pool = try WorkerThreads(count: workers.count)
  }

  /// The most rows and time steps of a chunk.
  static func maximum(of dataset: ShardedDataset) -> BatchShape {
    BatchShape(rows: min(chunkSize, dataset.sampleCount), steps: dataset.form.steps)
  }

  /// The number of chunks.
  package var chunkCount: Int { (dataset.sampleCount - 1) / Self.chunkSize + 1 }

  /// The figures of all samples.
  ///
  /// - Parameter progress: called now and then; an error that it throws ends the evaluation.
  /// - Throws: `TensorError`, or what `progress` throws.
  package func evaluate(
    _ parameters: ParameterBuffer, progress: () throws -> Void = {}
  ) throws -> ClassificationResult {
    Self.total(try evaluate(parameters, chunks: 0..<chunkCount, progress: progress))
  }

  /// The figures of some chunks, in their order.
  ///
  /// - Parameter progress: called now and then; an error that it throws ends the evaluation.
  /// - Throws: `TensorError`, or what `progress` throws.
  package func evaluate(
    _ parameters: ParameterBuffer, chunks: Range<Int>, progress: () throws -> Void
  ) throws -> [ClassificationResult] {
    let (dataset, weights, workers) = (dataset, weights, workers)
    weights.update(from: parameters)
    var results: [ClassificationResult] = []
    try forEachPart(of: chunks, progress) { part in
      try pool.forEach(workers) { index, worker in
        worker.results = try stride(
          from: part.lowerBound + index, to: part.upperBound, by: workers.count
        )
        .map { try worker.evaluate(dataset, dataset.samples(ofChunk: $0), weights) }
      }
      results += part.map { chunk in
        let place = chunk - part.lowerBound
        return workers[place % workers.count].results[place / workers.count]
      }
    }
    return results
  }

  /// Counts which classes all samples are taken for.
  ///
  /// - Parameter progress: called now and then; an error that it throws ends the evaluation.
  /// - Throws: `TensorError`, or what `progress` throws.
  package func confusion(_ parameters: ParameterBuffer, progress: () throws -> Void) throws
    -> ConfusionMatrix
  {
    let (dataset, weights, workers) = (dataset, weights, workers)
    weights.update(from: parameters)
    for worker in workers { worker.confusion = ConfusionMatrix(classes: dataset.classes) }
    try forEachPart(of: 0..<chunkCount, progress) { part in
      try pool.forEach(workers) { index, worker in
        for chunk in stride(from: part.lowerBound + index, to: part.upperBound, by: workers.count) {
          try worker.addConfusion(dataset, dataset.samples(ofChunk: chunk), weights)
        }
      }
    }
    return workers.map(\.confusion).reduce(ConfusionMatrix(classes: dataset.classes), +)
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
  package static func total(_ chunks: [ClassificationResult]) -> ClassificationResult {
    chunks.reduce(ClassificationResult(), +)
  }

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
    var results: [ClassificationResult] = []
    var confusion = ConfusionMatrix(classes: 0)
    var predictions: [Predictions] = []

    init(_ shape: ClassifierShape, _ kernels: Kernels, maximum: BatchShape) throws {
      classifier = try RecurrentClassifier(shape, kernels, maximum: maximum, training: false)
      labels = try AlignedBuffer(count: maximum.rows)
    }

    func evaluate(
      _ dataset: ShardedDataset, _ samples: Range<Int>, _ weights: PackedWeights
    ) throws -> ClassificationResult {
      let logits = try logits(dataset, samples, weights)
      return labels.withSpan(0..<samples.count) { softmaxCrossEntropy(logits, labels: $0) }
    }

    func addConfusion(
      _ dataset: ShardedDataset, _ samples: Range<Int>, _ weights: PackedWeights
    ) throws {
      let logits = try logits(dataset, samples, weights)
      labels.withSpan(0..<samples.count) { confusion.add(logits: logits, labels: $0) }
    }

    func predict(
      _ dataset: ShardedDataset, _ samples: ArraySlice<Int>, _ weights: PackedWeights
    ) throws -> Predictions {
      let sorted = try dataset.longestFirst(shard: 0, positions: samples)
      return Predictions(logits: try logits(dataset, sorted, weights), order: sorted.order)
    }

    /// The logits of some samples, the longest first, whose labels are left in `labels`.
    func logits(
      _ dataset: ShardedDataset, _ samples: Range<Int>, _ weights: PackedWeights
    ) throws -> Matrix {
      try logits(
        dataset, dataset.longestFirst(shard: 0, positions: Array(samples)[...]), weights)
    }

    private func logits(
      _ dataset: ShardedDataset, _ sorted: SortedSamples, _ weights: PackedWeights
    ) throws -> Matrix {
      let batch = BatchShape(lengths: sorted.lengths)
      _ = try dataset.gather(
        shard: 0, positions: sorted.positions[...], into: classifier.input(batch), labels: labels)
      return classifier.forward(weights, batch)
    }
  }
}

extension ShardedDataset {
  fileprivate func samples(ofChunk chunk: Int) -> Range<Int> {
    let start = chunk * Evaluator.chunkSize
    return start..<min(start + Evaluator.chunkSize, sampleCount)
  }
}
