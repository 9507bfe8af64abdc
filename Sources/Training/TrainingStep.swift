import Datasets
import Foundation
import Tensors

/// What every rank does in one step of training: from the samples of a batch to new parameters.
struct TrainingStep {
  var configuration: Configuration
  /// Whether each epoch has an order of its own; otherwise that of the file.
  let shuffles: Bool
  let team: Team
  let dataset: ShardedDataset
  let plan: BatchPlan
  let workers: ShardWorkers
  let reduction: GradientReduction
  let learningRate: LearningRate

  /// The orders of this rank's shards in an epoch.
  func orders(epoch: Int) -> [EpochOrder] {
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
  func run(
    _ state: inout TrainingState, orders: [EpochOrder], cannotWrite: Bool
  ) throws -> StepResult {
    var stopwatch = Stopwatch()
    var times = StepTimes()
    team.watch.step = state.step + 1
    // A rank alone waits for nobody, and would say it nowhere else before the end of the epoch.
    Watchdog.shared.beat()
    let (epoch, step) = state.step.quotientAndRemainder(dividingBy: plan.stepsPerEpoch)
    let batchCount = plan.batchCount(step: step)
    let positions = zip(dataset.shards, orders).map { shard, order in
      order[plan.slice(step: step, shard: shard)]
    }
    _ = stopwatch.lap()

    // Forward, loss, and backward through time, with each piece of the gradient on its way to its sum over
    // all ranks as soon as it is there.
    reduction.begin(workers.gradients)
    let rest = try workers.computeGradients(
      state.parameters, positions: positions,
      augmentation: Augmentation(
        flip: configuration.augment.flip, shift: configuration.augment.shift,
        mixup: configuration.augment.mixup, seed: configuration.train.seed, epoch: epoch),
      dropout: dropout(state.step), batchCount: batchCount,
      isInterrupted: Interruption.requested != nil, cannotWrite: cannotWrite,
      complete: reduction.start, advance: reduction.advance)
    times.computation = stopwatch.lap()
    times.threads = workers.times
    times.hiddenReduction = reduction.seconds
    for piece in rest { try reduction.start(piece) }
    let sum = try reduction.finish()
    times.reduction = stopwatch.lap()

    let gradient = sum.columns(0..<state.parameters.layout.count)
    let statistics = StepStatistics(in: sum, parameterCount: gradient.count)
    let loss = statistics.lossSum / Float(batchCount)
    let norm = gradient.sumOfSquares.squareRoot()
    try requireFinite(loss, norm, gradient, state)
    _ = stopwatch.lap()

    let learningRate = learningRate.after(state.step)
    state.update(
      gradient, norm: norm, clipNorm: configuration.train.clipNorm, learningRate: learningRate,
      configuration.optimizer, averagingDecay: configuration.averaging.decay)
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
  init(diverged what: String) {
    self.init(
      what
        + "; start again with a smaller optimizer.learningRate or with train.clipNorm (lockstep train "
        + "can begin with an earlier checkpoint: --init)", isDivergence: true)
  }
}

extension BinaryFloatingPoint where Self: LosslessStringConvertible {
  /// The number, or what it is in its place.
  var inWords: String { isNaN ? "not a number" : isInfinite ? "infinite" : "\(self)" }
}

/// What one step of training did.
struct StepResult {
  /// The mean cross-entropy over the batch.
  let loss: Float
  /// What the schedule made of the learning rate.
  let learningRate: Double
  /// The Euclidean norm of the gradient of all parameters, before it is clipped.
  let gradientNorm: Double
  /// The samples of the batch.
  let samples: Int
  /// Whether a signal asked any rank to end the run.
  let isInterrupted: Bool
  /// Whether rank 0 cannot write what it has to.
  let cannotWrite: Bool
  /// Where this rank's time went.
  let times: StepTimes
}
