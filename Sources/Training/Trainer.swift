import Foundation
import Recurrent
import Shards
import Tensors

/// The loop that trains.
struct Trainer {
  let configuration: Configuration
  let options: RunOptions
  let team: Team
  let dataset: ShardedDataset
  let plan: BatchPlan
  let workers: ShardWorkers
  let reduction: any GradientReduction
  let evaluation: TeamEvaluation
  /// On rank 0 alone.
  let report: RunReport?
  var state: TrainingState

  /// Trains from the state's step to the last one.
  mutating func run() throws {
    let lastStep = options.lastStep(configuration, stepsPerEpoch: plan.stepsPerEpoch)
    while state.step < lastStep {
      let epoch = state.step / plan.stepsPerEpoch
      let orders = orders(epoch: epoch)
      report?.beginEpoch(epoch)
      for step in state.step % plan.stepsPerEpoch..<plan.stepsPerEpoch where state.step < lastStep {
        let clock = ContinuousClock.now
        let batchCount = plan.batchCount(step: step)
        let positions = zip(dataset.shards, orders).map { shard, order in
          order[plan.slice(step: step, shard: shard)]
        }
        // Forward, loss, and backward through time; then one gradient for all ranks.
        try workers.computeGradients(
          state.parameters, positions: positions, batchCount: batchCount)
        let sum = try reduction.sum(workers.gradients)
        let gradient = sum.columns(0..<state.parameters.layout.count)
        let statistics = StepStatistics(in: sum, parameterCount: gradient.count)
        let result = StepResult(
          loss: statistics.lossSum / Float(batchCount),
          gradientNorm: gradient.sumOfSquares.squareRoot(), samples: batchCount)
        try requireFinite(result)

        state.update(gradient, configuration.optimizer)

        try report?.step(state.step, result, seconds: (ContinuousClock.now - clock).seconds)
        if case .steps(let steps) = configuration.train.verifyEvery, steps > 0,
          state.step % steps == 0
        {
          try verifyReplicas()
        }
      }
      try finishEpoch()
    }
  }

  /// Compares the replicas, evaluates, and writes a checkpoint.
  private func finishEpoch() throws {
    if configuration.train.verifyEvery == .epoch { try verifyReplicas() }
    report?.endTraining()
    if let result = try evaluation.evaluate(state.parameters) {
      try report?.evaluation(state.step, result)
    }
    try team.onRoot { try report?.checkpoint(state) }
  }

  private func orders(epoch: Int) -> [EpochOrder] {
    dataset.shards.map { shard in
      EpochOrder(
        count: dataset.layout.sampleCount(inShard: shard), shard: shard, epoch: epoch,
        seed: configuration.train.seed, isShuffled: options.shuffles)
    }
  }

  /// Every rank sees the same figures, so all stop here or none.
  private func requireFinite(_ result: StepResult) throws {
    guard !result.loss.isFinite || !result.gradientNorm.isFinite else { return }
    throw JobFailure(
      description: "step \(state.step + 1): the loss is \(result.loss) and the gradient's norm "
        + "\(result.gradientNorm); try a smaller optimizer.learningRate. The parameters after "
        + "step \(state.step) were still finite")
  }

  private func verifyReplicas() throws {
    guard let (rank, host) = try team.firstDifference(try state.parameters.digest()) else { return }
    throw JobFailure(
      description: "after step \(state.step) the parameters of rank \(rank) on \(host) differ from "
        + "those of rank 0, which must not happen; check that host's memory")
  }
}

/// What one step of training did.
struct StepResult {
  /// The mean cross-entropy over the batch.
  let loss: Float
  /// The Euclidean norm of the gradient of all parameters.
  let gradientNorm: Double
  /// The samples of the batch.
  let samples: Int
}

extension Duration {
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
