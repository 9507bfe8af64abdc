import Cluster
import Configuration
import Datasets
import Foundation
import Optimizers
import Reduction
import Tensors

/// What every rank does in one step of training: from the samples of a batch to new parameters.
package struct DataParallelStep {
  package var configuration: Configuration
  /// Whether each epoch has an order of its own; otherwise that of the file.
  package let shuffles: Bool
  package let group: ProcessGroup
  package let dataset: ShardedDataset
  package let plan: BatchSampler
  package let workers: GradientWorkers
  package let reduction: GradientReduction
  package let optimizer: any Optimizer
  package let schedule: LearningRateSchedule

  /// The orders of this rank's shards in an epoch.
  package func orders(epoch: Int) -> [EpochOrder] {
    dataset.shards.map { shard in
      EpochOrder(
        count: dataset.layout.sampleCount(inShard: shard), shard: shard, epoch: epoch,
        seed: configuration.train.seed, isShuffled: shuffles)
    }
  }

  /// Does the step that follows those of `state`.
  ///
  /// - Parameters:
  ///   - orders: those of the step's epoch.
  ///   - cannotWrite: what rank 0 has to say to the others.
  /// - Throws: `JobFailure` on every rank if the loss or a gradient is not finite; any other error is
  ///   this rank's alone.
  package func run(
    _ state: inout TrainingState, orders: [EpochOrder], cannotWrite: Bool
  ) throws -> StepResult {
    var stopwatch = Stopwatch()
    var times = StepTimes()
    group.stallDetector.step = state.step + 1
    // A rank alone waits for nobody, and would say it nowhere else before the end of the epoch.
    Watchdog.shared.beat()
    let (epoch, step) = state.step.quotientAndRemainder(dividingBy: plan.stepsPerEpoch)
    let batchCount = plan.batchCount(step: step)
    let positions = zip(dataset.shards, orders).map { shard, order in
      order[plan.slice(step: step, shard: shard)]
    }
    _ = stopwatch.lap()

    // Forward, loss, and backward through time, with each bucket of the gradient on its way to its sum over
    // all ranks as soon as it is there.
    reduction.begin(workers.gradients.map(\.whole))
    let rest = try workers.computeGradients(
      state.parameters, positions: positions,
      augmentation: configuration.augmentation(epoch: epoch),
      dropout: dropout(state.step), batchCount: batchCount,
      isInterrupted: TerminationSignals.requested != nil, cannotWrite: cannotWrite,
      complete: reduction.start, progress: reduction.progress)
    times.computation = stopwatch.lap()
    times.threads = workers.times
    times.hiddenReduction = reduction.seconds
    for bucket in rest { try reduction.start(bucket) }
    let sum = try reduction.finish()
    times.reduction = stopwatch.lap()

    let gradient = sum.columns(0..<state.parameters.layout.count)
    let statistics = StepStatistics(in: sum, parameterCount: gradient.count)
    let loss = statistics.lossSum / Float(batchCount)
    let norm = gradient.sumOfSquares.squareRoot()
    try requireFinite(loss, norm, gradient, state)
    _ = stopwatch.lap()

    let learningRate = schedule.learningRate(after: state.step)
    state.step += 1
    optimizer.step(
      state.parameters.all, gradient: gradient, slots: state.slots.map(\.all), number: state.step,
      learningRate: learningRate, gradientScale: configuration.clipping.scale(norm: norm))
    if let average = state.ema {
      configuration.ema?.update(average.all, with: state.parameters.all, number: state.step)
    }
    times.optimizer = stopwatch.lap()
    times.total = stopwatch.total
    return StepResult(
      loss: loss, learningRate: learningRate, gradientNorm: norm, samples: batchCount,
      isInterrupted: statistics.isInterrupted, cannotWrite: statistics.cannotWrite, times: times)
  }

  private func dropout(_ step: Int) -> Dropout? {
    let probability = configuration.model.dropout
    return probability > 0
      ? Dropout(probability: probability, seed: configuration.train.seed, step: step) : nil
  }

  /// Every rank sees the same figures, so all stop here or none.
  private func requireFinite(
    _ loss: Float, _ norm: Double, _ gradient: Matrix, _ state: TrainingState
  ) throws {
    guard !loss.isFinite || !norm.isFinite else { return }
    let layout = state.parameters.layout
    let name = layout.firstNotFinite(gradient)
    throw JobFailure(
      diverged: "step \(state.step + 1): the loss is \(loss.inWords)"
        + (name.map { " and the gradient of \($0) is not finite" } ?? ""))
  }
}

extension JobFailure {
  /// A training whose figures are not finite, as `what` says.
  package init(diverged what: String) {
    self.init(
      what
        + "; start again with a smaller optimizer.learningRate or with train.clipNorm (lockstep train "
        + "can begin with an earlier checkpoint: --init)", isDivergence: true)
  }
}

extension BinaryFloatingPoint where Self: LosslessStringConvertible {
  /// The number, or what it is in its place.
  package var inWords: String { isNaN ? "not a number" : isInfinite ? "infinite" : "\(self)" }
}

/// What one step of training did.
package struct StepResult {
  /// The mean cross-entropy over the batch.
  package let loss: Float
  /// What the schedule made of the learning rate.
  package let learningRate: Double
  /// The Euclidean norm of the gradient of all parameters, before it is clipped.
  package let gradientNorm: Double
  /// The samples of the batch.
  package let samples: Int
  /// Whether a signal asked any rank to end the run.
  package let isInterrupted: Bool
  /// Whether rank 0 cannot write what it has to.
  package let cannotWrite: Bool
  /// Where this rank's time went.
  package let times: StepTimes
}
