import Cluster
import Datasets
import Optimizers
import Reduction
import Tensors

/// The step of data-parallel training, which every rank does with every other: from the samples of
/// a batch to new parameters.
package struct DataParallelStep {
  /// All ranks.
  package let group: ProcessGroup
  /// This rank's shards.
  package let dataset: ShardedDataset
  /// The samples of each step.
  package let sampler: BatchSampler
  /// The order of the samples, their changes, and dropout.
  package var randomness: StepRandomness
  /// The threads that compute the gradients of this rank's shards.
  package let workers: GradientWorkers
  /// The sum of the gradients over all shards of all ranks.
  package let reduction: GradientReduction
  /// The limit of the gradient's norm.
  package let clipping: GradientClipping
  /// The learning rate of each step.
  package let schedule: LearningRateSchedule
  /// The rule by which a step changes the parameters.
  package let optimizer: any Optimizer
  /// The average of the parameters, if a run has one.
  package let ema: ExponentialMovingAverage?
  /// The record of the first steps, if a run has one.
  package var trace: StepTrace?

  /// Does the step that follows those of `state`.
  ///
  /// - Parameters:
  ///   - orders: the orders of this rank's shards in the step's epoch.
  ///   - signals: this rank's news for the others, which travel beside the gradient.
  /// - Throws: `JobFailure` on every rank if the loss or a gradient is not finite; `MPIError`;
  ///   `DatasetError`.
  package func run(
    _ state: inout TrainingState, orders: [EpochOrder], signals: StepSignals
  ) throws -> StepResult {
    let trace = trace?.isRecording == true ? trace : nil
    var (stopwatch, times) = (TracedStopwatch(trace?.threads[0]), StepTimes())
    group.stallDetector.beginStep(state.step + 1)

    // Batch: the samples of this rank's shards, in the order of the epoch.
    let batch = batch(after: state.step, orders)
    _ = stopwatch.lap(.batch)

    // Forward, loss, backward: with each bucket of the gradient on its way to its sum over all
    // ranks as soon as it is complete.
    reduction.observer = trace.map { trace in { trace.note($0, $1) } }
    let exchange = OverlappedReduction(reduction, workers: workers.threads)
    try workers.computeGradients(state.parameters, batch, exchange, trace: trace)
    times.computation = stopwatch.lap(.computation)
    (times.threads, times.hiddenReduction) = (workers.times, reduction.seconds)

    // Reduce: one sum for all ranks, with the statistics behind the gradient.
    signals.store(in: workers.gradients[0])
    let sum = try exchange.finish()
    times.reduction = stopwatch.lap(.waitingForSum)

    let gradient = sum.columns(0..<state.parameters.layout.count)
    let statistics = StepStatistics(in: sum, parameterCount: gradient.count)
    // The gradient is that of a mean over samples; with weights it becomes one over those.
    let weight = workers.hasClassWeights ? statistics.weight : Float(batch.count)
    let rescaling = Float(batch.count) / weight
    let loss = statistics.lossSum / weight
    let norm = gradient.sumOfSquares.squareRoot() * Double(rescaling)
    try requireFinite(loss, norm, gradient, state)
    _ = stopwatch.lap(.norm)

    // Clip, learning rate, update.
    let scale = clipping.scale(norm: norm) * rescaling
    let learningRate = schedule.learningRate(
      after: state.step, reductions: state.progress.reductions)
    state.step += 1
    optimizer.step(
      state.parameters.all, gradient: gradient, slots: state.slots.map(\.all), number: state.step,
      learningRate: learningRate, gradientScale: scale)
    if let average = state.ema {
      ema?.update(average.all, with: state.parameters.all, number: state.step)
    }
    times.optimizer = stopwatch.lap(.optimizer)
    times.total = stopwatch.total
    trace?.endStep(state.step, from: stopwatch.start)
    return StepResult(
      loss: loss, learningRate: learningRate, gradientNorm: norm,
      gradient: StepGradient(sum: gradient, scale: rescaling), samples: batch.count,
      signals: statistics.signals, times: times)
  }

  /// The orders of this rank's shards in an epoch.
  package func orders(epoch: Int) -> [EpochOrder] {
    dataset.shards.map { shard in
      randomness.order(
        epoch: epoch, shard: shard, count: dataset.layout.sampleCount(inShard: shard))
    }
  }

  private func batch(after step: Int, _ orders: [EpochOrder]) -> StepBatch {
    let (epoch, stepOfEpoch) = step.quotientAndRemainder(dividingBy: sampler.stepsPerEpoch)
    return StepBatch(
      count: sampler.batchCount(step: stepOfEpoch),
      positions: zip(dataset.shards, orders).map { shard, order in
        order[sampler.slice(step: stepOfEpoch, shard: shard)]
      }, augmentation: randomness.augmentation(epoch: epoch),
      dropout: randomness.dropout(step: step))
  }

  /// Every rank sees the same figures, so all stop here or none.
  private func requireFinite(
    _ loss: Float, _ norm: Double, _ gradient: Matrix, _ state: TrainingState
  ) throws {
    guard !loss.isFinite || !norm.isFinite else { return }
    let name = state.parameters.layout.firstNotFinite(gradient)
    throw JobFailure(
      diverged: "step \(state.step + 1): the loss is \(loss.inWords)"
        + (name.map { " and the gradient of \($0) is not finite" } ?? ""))
  }
}
