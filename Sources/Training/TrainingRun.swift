import Datasets
import Foundation
import Logging
import Networks

/// Trains: what `lockstep train` does on every rank.
///
/// - Parameters:
///   - name: what the run's folder is named for.
///   - configure: reads the configuration.
///   - afterStep: called after each step with the state, which tests damage.
/// - Throws: `JobFailure` for what all ranks know of; any other error is this rank's alone.
package func train(
  _ team: Team, _ options: RunOptions, name: String, configure: () throws -> Configuration,
  afterStep: @escaping (TrainingState) -> Void = { _ in }
) throws {
  let setup = try RunSetup(team, options, configure: configure)
  _ = try train(setup, options, name: name, afterStep: afterStep)
}

/// Trains what is set up, and returns what it ended with, on every rank.
func train(
  _ setup: RunSetup, _ options: RunOptions, name: String,
  afterStep: @escaping (TrainingState) -> Void = { _ in }
) throws -> TrainingState {
  let logger = Logger(label: "lockstep") { _ in ConsoleLogHandler() }
  let (team, configuration, data) = (setup.team, setup.configuration, setup.data)

  var state = try team.together { try TrainingState(data.layout, averages: configuration.averages) }
  var report: RunReport?
  try team.onRoot {
    let folder = try RunFolder(configuration, options, data, name: name)
    let start = try folder.initialize(state, logger, progress: team.watch.greet)
    state.step = start.step
    try folder.open()
    report = try RunReport(configuration, options, folder, data, start, logger)
  }
  try state.broadcast(in: team)
  try describe(team, configuration, data, setup.step.workers, report, logger)
  setup.warnIfCrowded(logger)

  var trainer = Trainer(
    configuration: configuration, options: options, team: team, step: setup.step,
    evaluation: setup.evaluation, finalEvaluation: setup.finalEvaluation, report: report,
    afterStep: afterStep, state: state)
  defer { report?.close() }
  try trainer.run()
  report?.finish()
  return trainer.state
}

/// The data that a rank holds, and what follows from it.
struct RunData: Sendable {
  /// This rank's shards.
  let training: ShardedDataset
  /// The whole test set, on ranks that evaluate.
  let test: ShardedDataset?
  /// What is held out of the training set, if anything is, on ranks that evaluate.
  let validation: ShardedDataset?
  /// Whether anything is held out.
  let holdsOut: Bool
  /// What is evaluated after each epoch.
  var evaluated: ShardedDataset? { holdsOut ? validation : test }
  /// What each step takes from each shard.
  let plan: BatchPlan
  /// The sizes of the classifier.
  let shape: ClassifierShape
  /// Where its parameters lie.
  var layout: ParameterLayout { ParameterLayout(shape) }

  init(_ team: Team, _ configuration: Configuration) throws {
    let data = configuration.data
    let classes = data.classes.count
    training = try ShardedDataset(
      directory: data.directory, split: .train, shardCount: data.shards,
      shards: ShardLayout.shards(
        ofRank: team.rank, worldSize: team.size, shardCount: data.shards),
      classes: classes, heldOut: data.validation)
    let evaluates = team.isRoot || configuration.evaluation.ranks == .all
    test =
      try evaluates
      ? ShardedDataset(directory: data.directory, split: .test, classes: classes) : nil
    holdsOut = data.validation > 0
    validation =
      try evaluates && holdsOut
      ? ShardedDataset(
        directory: data.directory, split: .train, classes: classes, heldOut: data.validation,
        part: .validation) : nil
    if let test, test.width != training.width || test.height != training.height {
      throw ConfigurationError(
        "\(data.directory): the test images have \(test.height) x \(test.width) pixels and the "
          + "training images \(training.height) x \(training.width); they must be alike")
    }
    let shift = configuration.augment.shift
    guard shift < min(training.width, training.height) else {
      throw ConfigurationError(
        "augment.shift is \(shift), which would move all of an image of \(training.height) x "
          + "\(training.width) pixels out of sight; set it to less than its height and width")
    }
    plan = try BatchPlan(
      sampleCount: training.sampleCount, batchSize: configuration.train.batch,
      shardCount: data.shards)
    shape = configuration.classifierShape(height: training.height, width: training.width)
  }
}

extension Configuration {
  /// The sizes of the classifier for images of `height` rows, the time steps, of `width` pixels.
  package func classifierShape(height: Int, width: Int) -> ClassifierShape {
    ClassifierShape(
      steps: height, inputSize: width, hiddenSize: model.hidden, layers: model.layers,
      classes: data.classes.count, cell: model.cell, isBidirectional: model.bidirectional,
      readout: model.readout)
  }
}

extension Configuration.Model {
  /// What it is, for people.
  var title: String {
    let units = bidirectional ? "2 x \(hidden)" : "\(hidden)"
    return
      "\(bidirectional ? "bidirectional " : "")\(cell.title) of \(count(layers, "layer")) of \(units) units"
  }
}

extension Threads {
  /// The number of threads for a rank whose share of the processors is `processors`.
  func count(_ processors: Double) -> Int {
    switch self {
    case .auto: max(Int(processors + 1e-9), 1)
    case .count(let count): count
    }
  }
}

/// Says on rank 0 what is about to happen.
private func describe(
  _ team: Team, _ configuration: Configuration, _ data: RunData, _ workers: ShardWorkers,
  _ report: RunReport?, _ logger: Logger
) throws {
  let threads = Set(try team.world.allGather(workers.threads)).sorted()
  let hosts = Set(team.hosts).count
  guard let report else { return }
  let (model, shape) = (configuration.model, data.shape)
  let heldOut = data.validation.map { ", \($0.sampleCount) validation" } ?? ""
  logger.info(
    """
    \(count(team.size, "rank")) on \(count(hosts, "host")), \
    \(threads.map(String.init).joined(separator: "-")) \(threads == [1] ? "thread" : "threads") a rank; \
    \(TrainingCheckpoint.processor(configuration)), \(configuration.train.precision.rawValue)
    """)
  logger.info(
    """
    \(data.training.sampleCount) training\(heldOut) and \(data.test?.sampleCount ?? 0) test images of \
    \(shape.steps) x \(shape.inputSize) pixels from \(configuration.data.directory), \
    in \(count(configuration.data.shards, "shard"))
    """)
  logger.info(
    """
    \(model.title), \
    \(workers.gradients[0].layout.parameterCount) parameters; \(report.plan)
    """)
}

func count(_ number: Int, _ noun: String) -> String {
  "\(number) \(noun)\(number == 1 ? "" : "s")"
}
