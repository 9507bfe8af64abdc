import Cluster
import Configuration
import MessagePassing
import Networks
import Tensors

/// Evaluation during training: by rank 0 while the others sleep, or by all ranks.
/// The figures are the same.
package struct CollectiveEvaluation {
  package let group: ProcessGroup
  package let ranks: Configuration.Evaluation.Ranks
  package let set: EvaluatedSet
  /// Of those ranks that evaluate.
  package let evaluator: Evaluator?

  /// The figures on the set, on rank 0; nil on the others.
  package func evaluate(_ parameters: ParameterBuffer) throws -> ClassificationResult? {
    switch ranks {
    case .root:
      var result: ClassificationResult?
      try group.onRoot {
        guard let evaluator else { return }
        result = try evaluator.evaluate(parameters, progress: group.stallDetector.heartbeat)
      }
      return result
    case .all:
      let chunks = try group.collectively { try myChunks(parameters) }
      let losses = try group.world.allGather(chunks.map(\.lossSum)).joined()
      let counts = try group.world.allGather(chunks.flatMap { [$0.correct, $0.samples] }).joined()
      let figures = Array(counts)
      let all = losses.enumerated().map { index, lossSum in
        ClassificationResult(
          lossSum: lossSum, correct: figures[2 * index], samples: figures[2 * index + 1])
      }
      return group.isRoot ? Evaluator.total(all) : nil
    }
  }

  /// Which classes the samples are taken for, on rank 0, which finds out alone; nil on the others.
  package func confusion(_ parameters: ParameterBuffer) throws -> ConfusionMatrix? {
    var matrix: ConfusionMatrix?
    try group.onRoot {
      guard let evaluator else { return }
      matrix = try evaluator.confusion(parameters, progress: group.stallDetector.heartbeat)
    }
    return matrix
  }

  private func myChunks(_ parameters: ParameterBuffer) throws -> [ClassificationResult] {
    guard let evaluator else { return [] }
    let chunks = try BlockLayout.even(evaluator.chunkCount, parts: group.size)
    return try evaluator.evaluate(
      parameters, chunks: chunks.range(of: group.rank), progress: group.stallDetector.heartbeat)
  }
}
