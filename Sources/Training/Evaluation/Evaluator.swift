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

  /// An evaluator with `threads` threads of a `dataset` that is one shard.
  ///
  /// - Throws: `TensorError`.
  package init(
    _ dataset: ShardedDataset, shape: ClassifierShape, kernels: Kernels, threads: Int
  ) throws {
    self.dataset = dataset
    weights = try PackedWeights(shape, kernels, training: false)
    workers = try (0..<max(threads, 1)).map { _ in
      try Worker(shape, kernels, steps: dataset.height)
    }
  }

  /// The number of chunks.
  package var chunkCount: Int { (dataset.sampleCount - 1) / Self.chunkSize + 1 }

  /// The figures of all samples.
  ///
  /// - Parameter progress: called now and then.
  /// - Throws: `TensorError`.
  package func evaluate(
    _ parameters: ParameterBuffer, progress: () -> Void = {}
  ) throws -> ClassificationResult {
    Self.total(try evaluate(parameters, chunks: 0..<chunkCount, progress: progress))
  }

  /// The figures of some chunks, in their order.
  ///
  /// - Parameter progress: called now and then.
  /// - Throws: `TensorError`.
  package func evaluate(
    _ parameters: ParameterBuffer, chunks: Range<Int>, progress: () -> Void
  ) throws -> [ClassificationResult] {
    let (dataset, weights, workers) = (dataset, weights, workers)
    weights.update(from: parameters)
    return try parts(of: chunks).flatMap { part in
      progress()
      try concurrentForEach(workers) { index, worker in
        worker.results = try stride(
          from: part.lowerBound + index, to: part.upperBound, by: workers.count
        )
        .map { try worker.evaluate(dataset, dataset.samples(ofChunk: $0), weights) }
      }
      return part.indices.map { chunk in
        let place = chunk - part.lowerBound
        return workers[place % workers.count].results[place / workers.count]
      }
    }
  }

  /// Counts which classes all samples are taken for.
  ///
  /// - Parameter progress: called now and then.
  /// - Throws: `TensorError`.
  package func confusion(_ parameters: ParameterBuffer, progress: () -> Void) throws
    -> ConfusionMatrix
  {
    let (dataset, weights, workers) = (dataset, weights, workers)
    weights.update(from: parameters)
    for worker in workers { worker.confusion = ConfusionMatrix(classes: dataset.classes) }
    for part in parts(of: 0..<chunkCount) {
      progress()
      try concurrentForEach(workers) { index, worker in
        for chunk in stride(from: part.lowerBound + index, to: part.upperBound, by: workers.count) {
          try worker.addConfusion(dataset, dataset.samples(ofChunk: chunk), weights)
        }
      }
    }
    return workers.map(\.confusion).reduce(ConfusionMatrix(classes: dataset.classes), +)
  }

  /// Cuts chunks into a few for each thread at a time: with a large model each takes seconds.
  private func parts(of chunks: Range<Int>) -> [Range<Int>] {
    let count = 4 * workers.count
    return stride(from: chunks.lowerBound, to: chunks.upperBound, by: count).map {
      $0..<min($0 + count, chunks.upperBound)
    }
  }

  /// The sum over chunks in their order.
  package static func total(_ chunks: [ClassificationResult]) -> ClassificationResult {
    chunks.reduce(ClassificationResult(), +)
  }

  /// The logits of one sample.
  ///
  /// - Throws: `DatasetError` if there is no such sample; `TensorError`.
  package func logits(_ parameters: ParameterBuffer, sample: Int) throws -> [Float] {
    weights.update(from: parameters)
    return try workers[0].logits(dataset, sample..<sample + 1, weights).elements
  }

  /// One thread's classifier. `@unchecked Sendable` holds because one thread at a time uses a
  /// worker.
  private final class Worker: @unchecked Sendable {
    private let classifier: RecurrentClassifier
    private let labels: AlignedBuffer<Int32>
    var results: [ClassificationResult] = []
    var confusion = ConfusionMatrix(classes: 0)

    init(_ shape: ClassifierShape, _ kernels: Kernels, steps: Int) throws {
      classifier = try RecurrentClassifier(
        shape, kernels, maximum: BatchShape(rows: chunkSize, steps: steps), training: false)
      labels = try AlignedBuffer(count: chunkSize)
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

    /// The logits of some samples, whose labels are left in `labels`.
    func logits(
      _ dataset: ShardedDataset, _ samples: Range<Int>, _ weights: PackedWeights
    ) throws -> Matrix {
      let batch = BatchShape(rows: samples.count, steps: dataset.height)
      _ = try dataset.gather(
        shard: 0, positions: Array(samples)[...], into: classifier.input(batch), labels: labels)
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
