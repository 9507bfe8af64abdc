import Cluster
import Configuration
import MessagePassing
import Networks
import Tensors

/// Evaluation during training: by rank 0 while the others sleep, or by all ranks.
/// The figures are the same.
package struct TeamEvaluation {
  package let team: Team
  package let ranks: Configuration.Evaluation.Ranks
  package let set: EvaluatedSet
  /// Of those ranks that evaluate.
  package let evaluator: Evaluator?

  /// The figures on the set, on rank 0; nil on the others.
  package func evaluate(_ parameters: Arena) throws -> ClassificationResult? {
    switch ranks {
    case .root:
      var result: ClassificationResult?
      try team.onRoot {
        guard let evaluator else { return }
        result = try evaluator.evaluate(parameters, progress: team.watch.greet)
      }
      return result
    case .all:
      let chunks = try team.together { try myChunks(parameters) }
      let losses = try team.world.allGather(chunks.map(\.lossSum)).joined()
      let counts = try team.world.allGather(chunks.flatMap { [$0.correct, $0.samples] }).joined()
      let figures = Array(counts)
      let all = losses.enumerated().map { index, lossSum in
        ClassificationResult(
          lossSum: lossSum, correct: figures[2 * index], samples: figures[2 * index + 1])
      }
      return team.isRoot ? Evaluator.total(all) : nil
    }
  }

  /// Which classes the samples are taken for, on rank 0, which finds out alone; nil on the others.
  package func confusion(_ parameters: Arena) throws -> ConfusionMatrix? {
    var matrix: ConfusionMatrix?
    try team.onRoot {
      guard let evaluator else { return }
      matrix = try evaluator.confusion(parameters, progress: team.watch.greet)
    }
    return matrix
  }

  private func myChunks(_ parameters: Arena) throws -> [ClassificationResult] {
    guard let evaluator else { return [] }
    let chunks = try BlockLayout.even(evaluator.chunkCount, parts: team.size)
    return try evaluator.evaluate(
      parameters, chunks: chunks.range(of: team.rank), progress: team.watch.greet)
  }
}
