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
  /// - Parameters:
  ///   - positions: for each shard, the samples of its slice.
  ///   - isInterrupted, cannotWrite: what this rank has to say to the others.
  func computeGradients(
    _ parameters: Arena, positions: [ArraySlice<Int>], batchCount: Int, isInterrupted: Bool,
    cannotWrite: Bool
  ) throws {
    let (dataset, workers, gradients) = (dataset, workers, gradients)
    try forEach(workers) { index, worker in
      for local in stride(from: index, to: gradients.count, by: workers.count) {
        try worker.computeGradient(
          dataset, shard: dataset.shards.lowerBound + local, positions: positions[local],
          scale: 1 / Float(batchCount), parameters, into: gradients[local])
      }
    }
    StepStatistics.mark(
      gradients[0], isInterrupted: isInterrupted, cannotWrite: cannotWrite)
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
    StepStatistics.store(result, in: gradient)
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
  static let count = 3

  /// The sum of the cross-entropy over the samples.
  let lossSum: Float
  /// Whether a signal asked any rank to end the run.
  let isInterrupted: Bool
  /// Whether rank 0 cannot write what it has to.
  let cannotWrite: Bool

  /// Those behind a gradient of `parameterCount` floats.
  init(in gradient: Matrix, parameterCount: Int) {
    let values = gradient.columns(parameterCount..<parameterCount + Self.count).elements
    (lossSum, isInterrupted, cannotWrite) = (values[0], values[1] > 0, values[2] > 0)
  }

  /// Puts the loss of a shard behind its gradient.
  static func store(_ result: ClassificationResult, in gradient: Arena) {
    gradient.extra.clear()
    gradient.extra.withMutableSpan { $0[0] = Float(result.lossSum) }
  }

  /// Puts what a rank has to say behind one of its gradients.
  static func mark(_ gradient: Arena, isInterrupted: Bool, cannotWrite: Bool) {
    gradient.extra.withMutableSpan { span in
      span[1] = isInterrupted ? 1 : 0
      span[2] = cannotWrite ? 1 : 0
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
