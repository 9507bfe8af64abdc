import Dispatch
import Recurrent
import Shards
import Synchronization
import Tensors

/// The threads of a rank: each computes the gradients of some of the rank's shards, with a
/// classifier of its own. What a shard's gradient is does not depend on who computes it.
final class ShardWorkers {
  private let dataset: ShardedDataset
  private let workers: [Worker]
  /// The gradient of each of this rank's shards, in their order; behind it `StepStatistics`.
  let gradients: [Arena]

  /// Memory for `threads` threads and minibatches of up to `maximumRows` rows of a shard.
  init(
    _ dataset: ShardedDataset, shape: ClassifierShape, maximumRows: Int, threads: Int
  ) throws {
    self.dataset = dataset
    workers = try (0..<max(min(threads, dataset.shards.count), 1)).map { _ in
      try Worker(shape, maximumRows: maximumRows)
    }
    gradients = try dataset.shards.map { _ in
      try Arena(ParameterLayout(shape), extra: StepStatistics.count)
    }
  }

  /// The number of threads.
  var threads: Int { workers.count }

  /// Sets `gradients` for one step: of the loss's sum over each shard's slice, divided by the
  /// samples of the whole batch.
  ///
  /// - Parameter positions: for each shard, the samples of its slice.
  func computeGradients(
    _ parameters: Arena, positions: [ArraySlice<Int>], batchCount: Int
  ) throws {
    let (dataset, workers, gradients) = (dataset, workers, gradients)
    try forEach(workers) { index, worker in
      for local in stride(from: index, to: gradients.count, by: workers.count) {
        try worker.computeGradient(
          dataset, shard: dataset.shards.lowerBound + local, positions: positions[local],
          scale: 1 / Float(batchCount), parameters, into: gradients[local])
      }
    }
  }
}

/// One thread's classifier.
private final class Worker: @unchecked Sendable {
  private let classifier: LSTMClassifier
  private let labels: AlignedBuffer<Int32>

  init(_ shape: ClassifierShape, maximumRows: Int) throws {
    classifier = try LSTMClassifier(shape, maximumRows: maximumRows, training: true)
    labels = try AlignedBuffer(count: maximumRows)
  }

  func computeGradient(
    _ dataset: ShardedDataset, shard: Int, positions: ArraySlice<Int>, scale: Float,
    _ parameters: Arena, into gradient: Arena
  ) throws {
    guard !positions.isEmpty else { return gradient.whole.clear() }
    let result = try dataset.withMinibatch(
      shard: shard, positions: positions, in: classifier, labels: labels
    ) { labels in
      try classifier.lossAndGradients(parameters, labels: labels, scale: scale, into: gradient)
    }
    StepStatistics(result).store(in: gradient)
  }
}

extension ShardedDataset {
  /// Puts samples into a classifier's input, and calls `body` with their labels.
  func withMinibatch<Result>(
    shard: Int, positions: ArraySlice<Int>, in classifier: LSTMClassifier,
    labels: AlignedBuffer<Int32>, _ body: (Span<Int32>) throws -> Result
  ) throws -> Result {
    let rows = 0..<positions.count
    try classifier.input(rows: rows.count).withMutableSpan { images in
      try labels.withMutableSpan(rows) { labels in
        try gather(shard: shard, positions: positions, into: &images, labels: &labels)
      }
    }
    return try labels.withSpan(rows, body)
  }
}

/// What a step reports, behind the gradient in its arena, so that it is summed with it: in the same
/// order, and without a message of its own.
struct StepStatistics {
  static let count = 2

  /// The sum of the cross-entropy over the samples.
  let lossSum: Float
  /// The correct samples; exact up to 2^24.
  let correct: Float

  init(_ result: ClassificationResult) {
    lossSum = Float(result.lossSum)
    correct = Float(result.correct)
  }

  /// Those behind a gradient of `parameterCount` floats.
  init(in gradient: Matrix, parameterCount: Int) {
    let values = gradient.columns(parameterCount..<parameterCount + Self.count).elements
    (lossSum, correct) = (values[0], values[1])
  }

  func store(in gradient: Arena) {
    gradient.extra.withMutableSpan { span in
      span[0] = lossSum
      span[1] = correct
    }
  }
}

/// Calls `body` with each worker on a thread of its own, and waits for all.
///
/// - Throws: the error of the first worker in their order that failed.
func forEach<Worker: Sendable>(
  _ workers: [Worker], _ body: @Sendable (Int, Worker) throws -> Void
) throws {
  if workers.count == 1 { return try body(0, workers[0]) }
  let failures = Mutex<[Int: any Error]>([:])
  DispatchQueue.concurrentPerform(iterations: workers.count) { index in
    MatrixProducts.useOneOpenMPThread()
    do {
      try body(index, workers[index])
    } catch {
      failures.withLock { $0[index] = error }
    }
  }
  if let first = failures.withLock({ failures in failures.min { $0.key < $1.key }?.value }) {
    throw first
  }
}
