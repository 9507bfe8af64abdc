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
  /// Called after each step.
  let afterStep: (TrainingState) -> Void
  var state: TrainingState

  /// Trains from the state's step to the last one.
  ///
  /// - Throws: `JobFailure` on every rank; any other error is this rank's alone.
  mutating func run() throws {
    let lastStep = options.lastStep(configuration, stepsPerEpoch: plan.stepsPerEpoch)
    while state.step < lastStep {
      let epoch = state.step / plan.stepsPerEpoch
      let orders = orders(epoch: epoch)
      report?.beginEpoch(epoch)
      var isInterrupted = false
      for step in state.step % plan.stepsPerEpoch..<plan.stepsPerEpoch where state.step < lastStep {
        let clock = ContinuousClock.now
        team.watch.step = state.step + 1
        let batchCount = plan.batchCount(step: step)
        let positions = zip(dataset.shards, orders).map { shard, order in
          order[plan.slice(step: step, shard: shard)]
        }
        // Forward, loss, and backward through time; then one gradient for all ranks.
        try workers.computeGradients(
          state.parameters, positions: positions, batchCount: batchCount,
          isInterrupted: Interruption.requested != nil, cannotWrite: report?.failure != nil)
        let sum = try reduction.sum(workers.gradients)
        let gradient = sum.columns(0..<state.parameters.layout.count)
        let statistics = StepStatistics(in: sum, parameterCount: gradient.count)
        let result = StepResult(
          loss: statistics.lossSum / Float(batchCount),
          gradientNorm: gradient.sumOfSquares.squareRoot(), samples: batchCount)
        try requireFinite(result, gradient)

        state.update(
          gradient, norm: result.gradientNorm, clipNorm: configuration.train.clipNorm,
          configuration.optimizer)

        report?.step(state.step, result, seconds: (ContinuousClock.now - clock).seconds)
        afterStep(state)
        if isDue(configuration.train.verifyEvery) {
          try team.verifyReplicas(state.parameters, step: state.step)
        }
        if statistics.cannotWrite { try team.onRoot { try report?.finishWriting() } }
        isInterrupted = statistics.isInterrupted
        if isInterrupted { break }
        if state.step % plan.stepsPerEpoch != 0, isCheckpointDue { report?.checkpoint(state) }
      }
      if state.step % plan.stepsPerEpoch == 0 || state.step == lastStep { try finishEpoch() }
      if isInterrupted && state.step < lastStep { try stop() }
    }
    try team.onRoot { try report?.finishWriting() }
  }

  /// Compares the replicas, evaluates, and writes a checkpoint.
  private func finishEpoch() throws {
    if configuration.train.verifyEvery == .epoch {
      try team.verifyReplicas(state.parameters, step: state.step)
    }
    report?.endTraining()
    let result = try evaluation.evaluate(state.parameters)
    try team.onRoot {
      guard let result, !result.loss.isFinite else { return }
      throw JobFailure(
        "after step \(state.step) the loss on the test images is \(result.loss); \(Self.advice)")
    }
    if let result { report?.evaluation(state.step, result) }
    report?.checkpoint(state, result)
  }

  /// Ends a run that a signal interrupted: with a checkpoint, on all ranks after the same step.
  private func stop() throws {
    try team.onRoot {
      report?.checkpoint(state)
      try report?.finishWriting()
    }
    throw JobFailure(
      "interrupted after step \(state.step), which is in a checkpoint; continue with --resume",
      status: Interruption.exitStatus)
  }

  private var isCheckpointDue: Bool {
    let everySteps = configuration.checkpoint.everySteps
    return everySteps > 0 && state.step % everySteps == 0
  }

  private func isDue(_ verifyEvery: VerifyEvery) -> Bool {
    guard case .steps(let steps) = verifyEvery, steps > 0 else { return false }
    return state.step % steps == 0
  }

  private func orders(epoch: Int) -> [EpochOrder] {
    dataset.shards.map { shard in
      EpochOrder(
        count: dataset.layout.sampleCount(inShard: shard), shard: shard, epoch: epoch,
        seed: configuration.train.seed, isShuffled: options.shuffles)
    }
  }

  /// Every rank sees the same figures, so all stop here or none.
  private func requireFinite(_ result: StepResult, _ gradient: Matrix) throws {
    guard !result.loss.isFinite || !result.gradientNorm.isFinite else { return }
    let layout = state.parameters.layout
    let name = layout.entries.first { !gradient.columns($0.range).sumOfSquares.isFinite }?.name
    throw JobFailure(
      "step \(state.step + 1): the loss is \(result.loss)"
        + (name.map { " and the gradient of \($0) is not finite" } ?? "")
        + "; \(Self.advice)")
  }

  private static var advice: String {
    "start again with a smaller optimizer.learningRate or with train.clipNorm, for example with --init "
      + "from an earlier checkpoint"
  }
}

/// What one step of training did.
struct StepResult {
  /// The mean cross-entropy over the batch.
  let loss: Float
  /// The Euclidean norm of the gradient of all parameters, before it is clipped.
  let gradientNorm: Double
  /// The samples of the batch.
  let samples: Int
}

extension Duration {
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
