import Cluster
import Configuration
import Files
import Foundation
import Logging

/// Trains: what `lockstep train` does on every rank.
///
/// - Parameters:
///   - name: what the run's folder is named for.
///   - configure: reads the configuration.
///   - afterStep: called after each step with the state, which tests damage.
/// - Throws: `JobFailure` for what all ranks know of; any other error is this rank's alone.
package func train(
  _ group: ProcessGroup, _ options: RunOptions, name: String, configure: () throws -> Configuration,
  afterStep: @escaping (TrainingState) -> Void = { _ in }
) throws {
  let setup = try TrainingContext(group, options, configure: configure)
  _ = try train(setup, options, name: name, afterStep: afterStep)
}

/// Trains what is set up, and returns what it ended with, on every rank.
package func train(
  _ setup: TrainingContext, _ options: RunOptions, name: String,
  afterStep: @escaping (TrainingState) -> Void = { _ in }
) throws -> TrainingState {
  let logger = Logger(label: "lockstep") { _ in ConsoleLogHandler() }
  let (group, configuration, data) = (setup.group, setup.configuration, setup.data)

  var state = try group.collectively { try TrainingState(data.layout, configuration) }
  var report: RunRecorder?
  try group.onRoot {
    let folder = try RunDirectory(configuration, options, data, name: name)
    let start = try folder.initialize(state, logger, progress: group.stallDetector.heartbeat)
    state.step = start.step
    try folder.open()
    report = try RunRecorder(configuration, options, folder, data, start, logger)
  }
  try state.broadcast(in: group)
  try describe(group, configuration, data, setup.step.workers, report, logger)
  setup.warnIfCrowded(logger)

  var trainer = Trainer(
    configuration: configuration, options: options, group: group, step: setup.step,
    evaluation: setup.evaluation, finalEvaluation: setup.finalEvaluation, report: report,
    afterStep: afterStep, state: state)
  defer { report?.close() }
  try trainer.run()
  report?.finish()
  return trainer.state
}

extension Configuration.Model {
  /// What it is, for people.
  package var title: String {
    let units = bidirectional ? "2 x \(hidden)" : "\(hidden)"
    return
      "\(bidirectional ? "bidirectional " : "")\(cell.title) of \(counted(layers, "layer")) of \(units) units"
  }
}

extension Threads {
  /// The number of threads for a rank whose share of the processors is `processors`.
  package func count(_ processors: Double) -> Int {
    switch self {
    case .auto: max(Int(processors + 1e-9), 1)
    case .count(let count): count
    }
  }
}

/// Says on rank 0 what is about to happen.
private func describe(
  _ group: ProcessGroup, _ configuration: Configuration, _ data: TrainingData,
  _ workers: GradientWorkers,
  _ report: RunRecorder?, _ logger: Logger
) throws {
  let threads = Set(try group.world.allGather(workers.threads)).sorted()
  let hosts = Set(group.hosts).count
  guard let report else { return }
  let (model, shape) = (configuration.model, data.shape)
  let heldOut = data.validation.map { ", \($0.sampleCount) validation" } ?? ""
  logger.info(
    """
    \(counted(group.size, "rank")) on \(counted(hosts, "host")), \
    \(threads.map(String.init).joined(separator: "-")) \(threads == [1] ? "thread" : "threads") a rank; \
    \(TrainingCheckpoint.processor(configuration)), \(configuration.train.precision.rawValue)
    """)
  logger.info(
    """
    \(data.training.sampleCount) training\(heldOut) and \(data.test?.sampleCount ?? 0) test images of \
    \(data.training.height) x \(shape.inputSize) pixels from \(configuration.data.directory), \
    in \(counted(configuration.data.shards, "shard"))
    """)
  logger.info(
    """
    \(model.title), \
    \(workers.gradients[0].layout.parameterCount) parameters; \(report.plan)
    """)
}
