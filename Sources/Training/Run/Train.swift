import Cluster
import Configuration
import Tensors

/// The choices for a run besides its configuration, as on the command line.
package struct TrainingOptions: Codable, Equatable, Sendable {
  /// The step after which the run ends, counted over all its parts; that of its last epoch if nil.
  package var maximumSteps: Int?
  /// True if each epoch has an order of its own; otherwise all have that of the file.
  package var shuffles = true
  /// A safetensors file to take the initial parameters from.
  package var initialParameters: String?
  /// True if parameters that the file lacks, or has in another shape, are drawn.
  package var drawsMissingParameters = false
  /// The run's folder; one named for the configuration and the time if nil.
  package var output: String?
  /// The condition to continue from the newest checkpoint of the run's folder.
  package var resume = Resume.never

  /// A plain run.
  package init() {}

  /// Makes these the choices of a run that is continued.
  package mutating func go(onWith run: ResumedRun) {
    output = run.folder
    shuffles = shuffles && run.shuffles ?? true
  }
}

/// Trains: the work of `lockstep train` on every rank.
///
/// - Parameters:
///   - name: the first part of the folder's name, if `options` do not name one.
///   - resumed: the run that is continued, if it was found before.
///   - observers: makes those that report on the run, on rank 0 alone.
///   - afterStep: called after each step with the state, which tests damage.
/// - Returns: the state that the run ended with, on every rank.
/// - Throws: `JobFailure` or `RankFailure`.
@discardableResult
package func train(
  _ context: TrainingContext, _ options: TrainingOptions, name: String,
  resumed: ResumedRun? = nil,
  observers: (TrainingRun) throws -> [any TrainingObserver] = { _ in [] },
  afterStep: @escaping (TrainingState) -> Void = { _ in }
) throws -> TrainingState {
  let (group, configuration, data) = (context.group, context.configuration, context.data)
  let settings = context.trainerSettings(lastStep: options.maximumSteps)
  let threads = try group.locally { try group.world.allGather(context.step.workers.threads) }

  let start = try RunStart(context, options, name: name, resumed: resumed)
  let state = start.state
  var directory = start.directory
  // It has the folder's lock, and goes after the recorder's last line.
  defer { withExtendedLifetime(directory) {} }

  var recorder: RunRecorder?
  try group.onRoot {
    try directory?.open(state)
    guard let directory else { return }
    let run = TrainingRun(context, settings, directory, threads: threads, state)
    recorder = RunRecorder(
      try observers(run), onFailure: configuration.checkpoint.onFailure, console: group.console,
      criterion: configuration.evaluation.criterion, best: state.best,
      snapshot: try TrainingState(data.layout, configuration),
      write: { try directory.write($0, isBest: $1) })
  }
  recorder?.begin()
  context.warn()

  var trainer = Trainer(
    settings, context, recorder, state,
    isInterrupted: { TerminationSignals.requested != nil }, afterStep: afterStep)
  defer { recorder?.close() }
  try trainer.run()
  recorder?.end()
  return trainer.state
}

extension TrainingRun {
  fileprivate init(
    _ context: TrainingContext, _ settings: Trainer.Settings, _ directory: RunDirectory,
    threads: [Int], _ state: TrainingState
  ) {
    let (group, data) = (context.group, context.data)
    self.init(
      configuration: context.configuration, directory: directory.path,
      metricsPath: directory.metricsPath, ranksPath: directory.ranksPath,
      tracePath: directory.tracePath,
      machine: Machine(
        ranks: group.size, hosts: group.layout.hosts.count, hostNames: group.hosts,
        threads: Set(threads).sorted(),
        instructionSet: Kernels.name(context.configuration.train.precision),
        reduction: context.step.reduction.means),
      samples: Samples(
        training: data.training.sampleCount, validation: data.validation?.sampleCount,
        test: data.test?.sampleCount ?? 0, form: data.training.form,
        evaluated: [.validation: data.validation, .test: data.test].compactMapValues(\.self)),
      parameterCount: data.layout.parameterCount, firstStep: state.step + 1,
      lastStep: settings.isStoppedEarly(state) ? state.step : settings.lastStep,
      stepsPerEpoch: settings.stepsPerEpoch,
      beginsWithEvaluation: state.awaitsEvaluation)
  }
}
