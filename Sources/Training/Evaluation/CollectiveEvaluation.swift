import Cluster
import Datasets
import MessagePassing
import Networks
import Tensors

/// Evaluation during training: by rank 0 while the others sleep, or by all ranks, with the same
/// figures.
package struct CollectiveEvaluation {
  package let set: DatasetPart
  private let group: ProcessGroup
  private let evaluator: Evaluator?
  private let isDistributed: Bool

  /// An evaluation by the ranks of `group`.
  ///
  /// - Parameters:
  ///   - evaluator: given on the ranks that evaluate.
  ///   - isDistributed: true if every rank evaluates a part.
  init(
    _ group: ProcessGroup, _ set: DatasetPart, _ evaluator: Evaluator?, isDistributed: Bool
  ) {
    (self.group, self.set) = (group, set)
    (self.evaluator, self.isDistributed) = (evaluator, isDistributed)
  }

  /// The figures on the set, on rank 0; nil on the others.
  ///
  /// - Throws: `JobFailure`, also where a signal to any rank interrupts it; `RankFailure`.
  package func evaluate(_ parameters: ParameterBuffer) throws -> ClassificationResult? {
    guard isDistributed else {
      return try onRoot { try $0.evaluate(parameters, progress: group.progress) }
    }
    let chunks = try group.collectively { try myChunks(parameters) }
    let (losses, counts) = try group.locally {
      (
        try group.world.allGather(chunks.map(\.lossSum)).flatMap { $0 },
        try group.world.allGather(chunks.flatMap { [$0.correct, $0.samples] }).flatMap { $0 }
      )
    }
    guard group.isRoot else { return nil }
    return Evaluator.total(
      losses.enumerated().map { index, lossSum in
        ClassificationResult(
          lossSum: lossSum, correct: counts[2 * index], samples: counts[2 * index + 1])
      })
  }

  /// The classes that the samples are taken for, on rank 0, which finds out alone; nil on the
  /// others.
  ///
  /// - Throws: `JobFailure`, also where a signal to any rank interrupts it; `RankFailure`.
  package func confusion(_ parameters: ParameterBuffer) throws -> ConfusionMatrix? {
    try onRoot { try $0.confusion(parameters, progress: group.progress) }
  }

  private func onRoot<Result>(_ body: (Evaluator) throws -> Result) throws -> Result? {
    var result: Result?
    try group.onRoot { result = try evaluator.map(body) }
    return result
  }

  private func myChunks(_ parameters: ParameterBuffer) throws -> [ClassificationResult] {
    guard let evaluator else { return [] }
    let chunks = try BlockLayout.even(evaluator.chunkCount, parts: group.size)
    return try evaluator.evaluate(
      parameters, chunks: chunks.range(of: group.rank), progress: group.progress)
  }
}
