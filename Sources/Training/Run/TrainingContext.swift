import Cluster
import Configuration
import Datasets
import Files
import MessagePassing
import Reduction
import Tensors

/// The data, the memory and the threads that a run has on every rank before its first step, whether
/// it trains or is measured.
package struct TrainingContext {
  package let group: ProcessGroup
  package private(set) var configuration: Configuration
  package let data: TrainingData
  package private(set) var step: DataParallelStep
  /// The meter of this rank's threads, which `gather` reads.
  let processorUse = ProcessorUseMeter()
  /// The evaluation after each epoch.
  package let evaluation: CollectiveEvaluation
  /// The evaluation on the test set at the end of the training, if it is another one until then.
  package private(set) var finalEvaluation: CollectiveEvaluation?
  /// The memory that this rank asks for between its data and its first step, and what was decided
  /// for lack of it.
  package let memory: MemoryChoice

  /// Reads the configuration and the data, and gets the memory.
  ///
  /// - Throws: `JobFailure` or `RankFailure`.
  package init(
    _ group: ProcessGroup, _ options: TrainingOptions, configure: () throws -> Configuration
  ) throws {
    let configuration = try group.collectively(configure)
    group.stallDetector.limits = StallPolicy.Limits(
      report: configuration.train.stallSeconds, abort: configuration.train.stallAbortSeconds)
    // Later than the other ranks, which can say more.
    group.watchdog.setLimit(configuration.train.stallAbortSeconds + 10)
    // First: what a rank reads, and with whom, is up to the configuration.
    try group.agree(on: [
      group.locally { try Self.agreementOnConfiguration(configuration, options) },
      Self.agreementOnProgram(group),
    ])
    let data = try group.collectively { try TrainingData(group, configuration) }
    try group.agree(on: [
      group.locally { try Self.agreementOnData(data, configuration) },
      group.locally { try Self.agreementOnArithmetic(configuration) },
    ])
    try self.init(group, options, configuration, data)
  }

  /// Gets the memory for a configuration and data that are alike on all ranks. All ranks call this.
  ///
  /// - Throws: `JobFailure` or `RankFailure`.
  init(
    _ group: ProcessGroup, _ options: TrainingOptions, _ configuration: Configuration,
    _ data: TrainingData
  ) throws {
    var data = data
    try data.measure(group, configuration)
    let threads = configuration.train.threads.count(group.processors)
    let kernels = try group.collectively { try Kernels(configuration.train.precision) }
    let memory = try Self.requireMemory(configuration, data, kernels, group, threads: threads)
    let layerwise = GradientWorkers.isLayerwise(hosts: group.layout.hosts.count)
    let schedules = GradientWorkers.schedules(
      data.training.shards, of: configuration.data.shards, threads: threads, layerwise: layerwise)
    let reduction = try group.locally {
      try GradientReduction(
        ReductionCommunicators(group.world, node: group.node, layout: group.layout),
        blocks: ShardLayout.blocks(worldSize: group.size, shardCount: configuration.data.shards),
        parts: schedules.flatMap(\.nodes),
        buckets: GradientWorkers.buckets(data.layout, layerwise: layerwise),
        order: configuration.reduction.order, format: configuration.reduction.wire)
    }
    let (workers, evaluator, finalEvaluator) = try group.collectively {
      let workers = try GradientWorkers(
        data.training, shape: data.shape, kernels: kernels,
        maximumRows: data.sampler.maximumSliceCount,
        labelSmoothing: configuration.train.labelSmoothing, classWeights: data.classWeights,
        drops: configuration.model.dropout > 0, recomputes: memory.recomputes,
        microbatches: configuration.train.accumulation, schedules: schedules,
        into: reduction.rows, format: configuration.reduction.wire)
      func evaluator(_ dataset: ShardedDataset?) throws -> Evaluator? {
        try dataset.map {
          try Evaluator(
            $0, shape: data.shape, kernels: kernels,
            threads: Self.evaluationThreads(configuration, training: workers.threads))
        }
      }
      return (
        workers, try evaluator(data.evaluated), data.holdsOut ? try evaluator(data.test) : nil
      )
    }
    (self.group, self.configuration, self.data) = (group, configuration, data)
    self.memory = memory
    let augment = configuration.augment
    step = DataParallelStep(
      group: group, dataset: data.training, sampler: data.sampler,
      randomness: StepRandomness(
        seed: configuration.train.seed, shuffles: options.shuffles,
        dropout: configuration.model.dropout, flip: augment.flip, shift: augment.shift,
        mixup: augment.mixup),
      workers: workers, reduction: reduction, clipping: configuration.clipping,
      schedule: configuration.learningRateSchedule(stepsPerEpoch: data.sampler.stepsPerEpoch),
      optimizer: configuration.optimizerRule(for: data.layout), ema: configuration.ema,
      trace: configuration.log.trace > 0
        ? StepTrace(
          stepCount: configuration.log.trace, threads: workers.threads,
          buckets: reduction.bucketCount, group.layout) : nil)
    let isDistributed = configuration.evaluation.ranks == .all
    evaluation = CollectiveEvaluation(
      group, configuration.evaluatedSet, evaluator, isDistributed: isDistributed)
    finalEvaluation =
      data.holdsOut
      ? CollectiveEvaluation(group, .test, finalEvaluator, isDistributed: isDistributed) : nil
  }

  /// The same for a run that differs in nothing but the seed, with the data and the memory of this
  /// one.
  package func seeded(_ seed: UInt64) -> TrainingContext {
    var context = self
    context.configuration.train.seed = seed
    context.step.randomness.seed = seed
    context.step.trace = step.trace?.emptied
    return context
  }

  /// The same for a run that is compared with others by the samples that are held out: it leaves
  /// the test set alone, lest one of them be chosen by that.
  package var comparing: TrainingContext {
    var context = self
    context.finalEvaluation = nil
    return context
  }

  /// The settings of the loop for a run that ends with `lastStep`, or with its last epoch if nil.
  package func trainerSettings(lastStep: Int?) -> Trainer.Settings {
    Trainer.Settings(
      stepsPerEpoch: data.sampler.stepsPerEpoch, epochs: configuration.train.epochs,
      lastStep: lastStep, verifyEvery: configuration.train.verifyEvery,
      checkpointEvery: configuration.checkpoint.everySteps, evaluatedSet: evaluation.set,
      finalSet: finalEvaluation?.set, logEvery: configuration.log.every,
      tracedSteps: configuration.log.trace,
      rules: ProgressRules(configuration, stepsPerEpoch: data.sampler.stepsPerEpoch))
  }

  /// The sentences, with what to do, that this rank says where the ranks cannot use what their hosts
  /// have: memory to share, or processors, for lack of permission or of shards.
  package var warnings: [String] {
    var sentences: [String] = []
    if let failure = step.reduction.sharedMemoryFailure, group.isRoot {
      sentences.append(
        """
        the ranks on \(group.hosts[failure.rank]) send each other their gradients as messages, which \
        takes longer than to sum them in memory that they share: \(failure.reason)
        """)
    }
    if group.node.rank == 0, let failure = data.sharedMemoryFailure {
      sentences.append(
        "each rank on \(group.host) reads all of the data itself, which takes longer: \(failure)")
    }
    if group.isRoot, case .count(let threads) = configuration.train.threads,
      threads > step.workers.threads
    {
      sentences.append(
        """
        rank \(group.rank) has \(counted(step.workers.threads, "shard")), one for each thread: of \
        \(threads) threads the others have nothing to do; a higher data.shards, which is another \
        experiment, gives work to more
        """)
    }
    if group.isCrowded { sentences.append(CPUAffinity.warning(ofCrowdOn: group.host)) }
    return sentences
  }

  /// Says the warnings, and before them what was decided for lack of memory.
  package func warn() {
    if let reason = memory.reason, group.isRoot { group.console.info(reason) }
    for sentence in warnings { group.console.warning(sentence) }
  }
}
