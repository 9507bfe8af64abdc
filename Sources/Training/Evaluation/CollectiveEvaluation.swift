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
  package func evaluate(_ parameters: ParameterBuffer) throws -> EvaluationResult? {
    guard isDistributed else {
      return try onRoot { try $0.evaluate(parameters, progress: group.progress) }
    }
    let mine = try group.collectively { try myChunks(parameters) }
    var counts = Array(mine.confusion.counts.joined())
    let (losses, mistakes) = try group.locally {
      try group.world.allReduce(&counts, .sum)
      return (
        try group.world.allGather(mine.losses), try group.world.allGather(mine.mistakes.numbers)
      )
    }
    guard group.isRoot else { return nil }
    let classes = mine.confusion.counts.count
    let rows = stride(from: 0, to: counts.count, by: classes).map {
      Array(counts[$0..<$0 + classes])
    }
    return EvaluationResult(
      lossSum: Evaluator.total(losses.flatMap { $0 }), confusion: ConfusionMatrix(counts: rows),
      mistakes: mistakes.map { WorstMistakes(numbers: $0) }.reduce(WorstMistakes(), +))
  }

  private func onRoot<Result>(_ body: (Evaluator) throws -> Result) throws -> Result? {
    var result: Result?
    try group.onRoot { result = try evaluator.map(body) }
    return result
  }

  private func myChunks(
    _ parameters: ParameterBuffer
  ) throws -> Evaluator.Part {
    guard let evaluator else { preconditionFailure("a rank that evaluates has an evaluator") }
    let chunks = try BlockLayout.even(evaluator.chunkCount, parts: group.size)
    return try evaluator.evaluate(
      parameters, chunks: chunks.range(of: group.rank), progress: group.progress)
  }
}
