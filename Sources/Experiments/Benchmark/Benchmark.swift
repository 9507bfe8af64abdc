import Cluster
import Configuration
import Datasets
import Foundation
import MessagePassing
import Reports
import Tensors
import Training

/// The command line of `lockstep bench`: the steps that it measures, and the file that it writes.
package struct BenchmarkOptions: Sendable {
  /// The steps that are measured.
  package var steps = 300
  /// The steps before those.
  package var warmup = 20
  /// A file for the figures as JSON; `-` for standard output, which then has nothing else.
  package var json: String?

  /// The usual steps, and a table.
  package init() {}
}

/// Measures the training: what `lockstep bench` does on every rank.
///
/// - Parameter configure: reads the configuration.
/// - Throws: `JobFailure` or `RankFailure`.
package func benchmark(
  _ group: ProcessGroup, _ options: BenchmarkOptions, configure: () throws -> Configuration
) throws {
  var run = TrainingOptions()
  run.maximumSteps = options.warmup + options.steps
  let context = try TrainingContext(group, run, configure: configure)
  context.warn()
  let output = ReportOutput(json: options.json)
  try group.onRoot { try output.prepare() }

  var benchmark = try group.collectively { try Benchmark(context, options) }
  let report: BenchmarkReport
  do {
    report = try group.locally { try benchmark.run() }
  } catch let failure as JobFailure where failure.isInterruption {
    throw JobFailure(
      "interrupted after \(benchmark.state.step) steps, before all was measured; start again",
      status: failure.exitStatus)
  }
  try group.onRoot { try output.write(report) }
}

/// The measurement: blocks of steps, and between them what the cores can do at most.
private struct Benchmark {
  /// The usual steps of a block.
  static let blockSteps = 25

  let context: TrainingContext
  let options: BenchmarkOptions
  let group: ProcessGroup
  var state: TrainingState
  var epoch = (number: -1, orders: [EpochOrder]())
  var peak: PeakMeter
  var split = StepSplit()
  var samplesPerSecond: [Double] = []
  var millisecondsPerStep: [Double] = []
  /// The seconds of this rank in each step with a whole batch: computing, of all threads' slices
  /// together, and at last on its own.
  var (computation, slices, update) = ([Double](), [Double](), [Double]())

  init(_ context: TrainingContext, _ options: BenchmarkOptions) throws {
    self.context = context
    self.options = options
    group = context.group
    state = try TrainingState(context.data.layout, context.configuration)
    try state.parameters.initialize(
      seed: context.configuration.train.seed, as: context.configuration.model.initializer,
      progress: group.progress)
    peak = PeakMeter(threads: context.step.workers.pool)
  }

  /// Every rank has the same report, but for the evaluation, which rank 0 knows.
  mutating func run() throws -> BenchmarkReport {
    let age = ProcessFacts.age
    for _ in 0..<options.warmup { _ = try step() }
    let blocks = max(1, options.steps / Self.blockSteps)
    for block in 0..<blocks {
      try measurePeak()
      try measureSteps((block + 1) * options.steps / blocks - block * options.steps / blocks)
    }
    try measurePeak()
    return try report(age: age, evaluation: evaluate())
  }

  private mutating func measurePeak() throws {
    try group.world.barrier()
    try peak.measure()
  }

  private mutating func measureSteps(_ count: Int) throws {
    var times: [StepTimes] = []
    var samples = 0
    try group.world.barrier()
    let stopwatch = Stopwatch()
    for _ in 0..<count {
      let result = try step()
      times.append(result.times)
      if result.samples == context.step.sampler.batchSize {
        computation.append(result.times.computation)
        slices.append(result.times.threads.reduce(0) { $0 + $1.ofSlices })
        update.append(result.times.total - result.times.computation - result.times.reduction)
      }
      samples += result.samples
    }
    let seconds = try group.world.allReduce(stopwatch.total, .max)
    samplesPerSecond.append(Double(samples) / seconds)
    millisecondsPerStep.append(1e3 * seconds / Double(count))
    try split.add(times, group)
  }

  /// One step as the training does it, in the next epoch after the end of one.
  private mutating func step() throws -> StepResult {
    let number = state.step / context.step.sampler.stepsPerEpoch
    if number != epoch.number { epoch = (number, context.step.orders(epoch: number)) }
    let signals = StepSignals(isInterrupted: TerminationSignals.requested != nil)
    let result = try context.runStep(&state, orders: epoch.orders, signals: signals)
    if result.signals.isInterrupted { throw JobFailure.interruption }
    return result
  }

  private func evaluate() throws -> BenchmarkReport.Evaluation {
    try group.world.barrier()
    let stopwatch = Stopwatch()
    let samples = try context.evaluation.evaluate(state.evaluated)?.samples ?? 0
    return BenchmarkReport.Evaluation(
      samples: samples, samplesPerSecond: Double(samples) / stopwatch.total)
  }

  private func report(
    age: Double?, evaluation: BenchmarkReport.Evaluation
  ) throws -> BenchmarkReport {
    let shares = try split.shares(group)
    let step = shares.values.reduce(0) { $0 + $1.mean }
    guard let speed = MedianRange(samplesPerSecond),
      let milliseconds = MedianRange(millisecondsPerStep)
    else { throw JobFailure("no steps were measured; give --steps a number from 1") }
    return BenchmarkReport(
      version: BenchmarkReport.currentVersion, machine: try machine(), experiment: experiment,
      steps: options.steps,
      warmup: options.warmup, blocks: samplesPerSecond.count, samplesPerSecond: speed,
      millisecondsPerStep: milliseconds,
      split: Dictionary(
        uniqueKeysWithValues: shares.map { phase, share in
          (
            phase.rawValue,
            BenchmarkReport.Phase(
              milliseconds: 1e3 * share.mean, percent: 100 * share.mean / step,
              slowestMilliseconds: 1e3 * share.slowest)
          )
        }),
      ranks: try split.ranks(group).enumerated().map { rank, phases in
        BenchmarkReport.Rank(
          rank: rank, host: group.hosts[rank],
          milliseconds: Dictionary(
            uniqueKeysWithValues: phases.map { ($0.rawValue, 1e3 * $1) }))
      },
      peak: try peak(samplesPerSecond: speed.median),
      communication: try communication(exposed: shares[.reduction]?.mean ?? 0),
      evaluation: evaluation,
      startSeconds: try group.world.allReduce(age ?? .infinity, .max).finite,
      peakMemoryMebibytes: Double(try group.world.allReduce(ProcessFacts.peakMemory, .max))
        / 1_048_576,
      profile: try profile())
  }

  /// The profile, with which the evaluation and the memory have nothing to do.
  private func profile() throws -> MachineProfile {
    let meter = ProfileMeter(context: context)
    func sum(_ times: [Double]) throws -> Double {
      try group.world.allReduce(MedianRange(times)?.median ?? 0, .sum)
    }
    let configuration = context.configuration
    let count = Double(configuration.data.shards * configuration.train.accumulation)
    return MachineProfile(
      slices: try meter.slices(state.parameters),
      usualRows: Double(configuration.train.batch) / count, usualSlice: try sum(slices) / count,
      weightForms: try meter.weightForms(state.parameters),
      update: try sum(update) / Double(group.size),
      arithmetic: try meter.arithmetic(), messages: try group.collectively(MessageMeter.measure),
      spread: try meter.spread(computation, slices: slices),
      recomputes: context.memory.recomputes ? true : nil)
  }

  private func machine() throws -> BenchmarkReport.Machine {
    let processors = try group.world.allGather(Array(ProcessFacts.processorName.utf8))
      .map { String(decoding: $0, as: UTF8.self) }
    return BenchmarkReport.Machine(
      processors: Set(processors).sorted(), instructionSet: kernels.name,
      mpi: MPIEnvironment.libraryName,
      hosts: group.layout.hosts.count, ranks: group.size,
      threads: try group.world.allReduce(context.step.workers.threads, .sum),
      cores: try group.world.allReduce(cores, .sum),
      precision: kernels.precision.rawValue)
  }

  private var experiment: BenchmarkReport.Experiment {
    let (configuration, shape) = (context.configuration, context.data.shape)
    return BenchmarkReport.Experiment(
      model: configuration.model.title, layers: shape.layers, hidden: shape.hiddenSize,
      timeSteps: context.data.training.form.steps, inputSize: shape.inputSize,
      classes: shape.classes,
      parameters: context.data.layout.parameterCount,
      batch: configuration.train.batch, shards: configuration.data.shards,
      optimizer: configuration.optimizer.kind.rawValue)
  }

  private var kernels: Kernels { context.step.workers.kernels }

  /// The cores that this rank's threads have for themselves.
  private var cores: Double { min(Double(context.step.workers.threads), context.group.processors) }

  private func peak(samplesPerSecond: Double) throws -> BenchmarkReport.Peak {
    let world = group.world
    let allCores = try world.allReduce(cores, .sum)
    var perCore: [String: Double] = [:]
    for precision in Precision.allCases {
      let all = try world.allReduce(cores * peak.median(precision), .sum)
      if all > 0 { perCore[precision.rawValue] = 1e-9 * all / allCores }
    }
    let data = context.data.training
    let steps = try world.allReduce(Double(data.stepCount), .sum) / Double(data.sampleCount)
    let operations = Int(OperationCount.training(context.data.shape, meanSteps: steps).rounded())
    let used = 1e-9 * Double(operations) * samplesPerSecond
    // Floats stand in for what the processor cannot multiply.
    let multiplied = kernels.isNative ? kernels.precision : .float32
    let most = allCores * (perCore[multiplied.rawValue] ?? 0)
    return BenchmarkReport.Peak(
      gigaflopsPerCore: perCore, precision: multiplied.rawValue, gigaflops: most,
      operationsPerSample: operations,
      usedGigaflops: used, percent: most > 0 ? 100 * used / most : 0)
  }

  private func communication(exposed: Double) throws -> BenchmarkReport.Communication? {
    let hidden = try split.hiddenReduction(group)
    guard group.size > 1 else { return nil }
    return BenchmarkReport.Communication(
      exposedMilliseconds: 1e3 * exposed, hiddenMilliseconds: 1e3 * hidden,
      // A latency, the gradient, and a megabyte to compare machines by.
      allReduce: try [1, context.data.layout.count, 1 << 18].map {
        try AllReduceTiming(group, count: $0)
      })
  }
}

extension Double {
  fileprivate var finite: Double? { isFinite ? self : nil }
}

extension ComputeTimes {
  /// The seconds for slices, as `MachineProfile` has them.
  fileprivate var ofSlices: Double { gather + forward + backwardThroughTime + weightGradients }
}
