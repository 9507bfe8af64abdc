import ArgumentParser
import Cluster
import Configuration
import Datasets
import Files
import Reports
import Training

struct Train: JobCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a classifier, alone or as one of the ranks that mpirun started.",
    discussion: """
      For example: mpirun -np 4 lockstep train --config configs/fashion-mnist.yaml

      The run's folder holds configuration.yaml (every key, as resolved and with what it is for), \
      metrics.jsonl (a line for each step and evaluation) and checkpoints/. To continue a run, its \
      folder is enough: lockstep train --output runs/NAME --resume
      """)

  @OptionGroup var experiment: ExperimentOptions

  @Option(parsing: .unconditional, help: "Replaces train.epochs.")
  var epochs: String?

  @Option(
    parsing: .unconditional, help: "Replaces train.batch, the samples of a step over all ranks.")
  var batch: String?

  @Option(parsing: .unconditional, help: "Replaces train.seed.")
  var seed: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("End after this many steps in all.", valueName: "steps"))
  var maxSteps: Int?

  @Option(
    help: ArgumentHelp(
      """
      The run's folder; if left out, runs/NAME-DATE-TIME for a configuration NAME.yaml, or with \
      --resume the newest of those.
      """,
      valueName: "folder"),
    transform: expandingTilde)
  var output: String?

  @Option(
    name: .customLong("init"),
    help: ArgumentHelp(
      """
      Take the initial parameters from this file, of Lockstep or of PyTorch; not with --resume, \
      but with --resume=if-any for a run that begins.
      """,
      valueName: "file.safetensors"),
    transform: expandingTilde)
  var initialParameters: String?

  // A value that a transform refuses would count as none.
  @Option(
    defaultAsFlag: "", parsing: .next,
    help: ArgumentHelp(
      """
      Continue from the newest checkpoint in the run's folder, with any number of ranks, and with \
      its configuration.yaml: no option has to be typed again. With --resume=if-any, begin the run \
      where there is none.
      """,
      valueName: "if-any"))
  var resume: String?

  @Flag(help: "Take the samples in the order of the file in every epoch.")
  var noShuffle = false

  @Option(
    name: .customLong("check"), parsing: .unconditional,
    help: ArgumentHelp(
      """
      Check the options and the configuration for this many ranks, without MPI and the data, and \
      train nothing.
      """,
      valueName: "ranks"))
  var checkedRanks: Int?

  func validate() throws {
    if let maxSteps, maxSteps < 1 {
      throw ValidationError("--max-steps is \(maxSteps); expected at least 1")
    }
    if let checkedRanks, checkedRanks < 1 {
      throw ValidationError("--check is \(checkedRanks); expected at least 1 rank")
    }
    if output?.isEmpty == true {
      throw ValidationError("--output is empty; expected the path of a folder")
    }
    if let resume, !["", "if-any"].contains(resume) {
      throw ValidationError("--resume is \(resume); expected --resume alone, or --resume=if-any")
    }
    if resume == "", initialParameters != nil {
      throw ValidationError(
        "--init gives a run its first parameters, and --resume continues one that has its own; "
          + "leave one of them out")
    }
  }

  /// Checks that an experiment is named. Not in `validate`, which comes before the parser finds
  /// options that do not exist.
  private func requireExperiment() throws(ConfigurationError) {
    guard experiment.config == nil, resume == nil || output == nil else { return }
    throw ConfigurationError(
      resume == nil
        ? ExperimentOptions.missing
        : "--resume needs the run's folder, with --output, or else --config, for the newest run "
          + "of that experiment", isOfOption: true)
  }

  func run(in group: ProcessGroup) throws {
    try group.collectively(requireExperiment)
    var options = options
    let resumed = try ResumedRun.find(group, options, name: experiment.name)
    if let resumed {
      options.output = resumed.folder
      options.shuffles = !noShuffle && resumed.shuffles ?? true
    }
    let context = try TrainingContext(group, options) {
      guard resumed != nil || experiment.config != nil else {
        throw ConfigurationError(
          "there is no run\(output.map { " in \($0)" } ?? "") to continue; name the experiment to begin "
            + "with --config")
      }
      return try configuration(over: resumed?.configuration())
    }
    context.warnOfSettingsWithoutEffect(options)
    try train(
      context, options, name: experiment.name ?? "run", resumed: resumed,
      observers: { [try MetricsLog($0), ConsoleObserver($0, group.console)] })
  }

  private var options: TrainingOptions {
    var options = TrainingOptions()
    options.maximumSteps = maxSteps
    options.shuffles = !noShuffle
    options.initialParameters = initialParameters
    options.output = output
    options.resume = resume.map { $0.isEmpty ? .always : .ifAny } ?? .never
    return options
  }

  /// The configuration: `base`, that of the run that is continued, if there is one, and over it
  /// what the options say.
  private func configuration(over base: Configuration?) throws -> Configuration {
    let shortcuts = [
      ("--epochs", "train.epochs", epochs), ("--batch", "train.batch", batch),
      ("--seed", "train.seed", seed),
    ]
    let settings = shortcuts.compactMap { option, key, value in
      value.map { TypedSetting(option, for: key, $0) }
    }
    guard base != nil || experiment.config != nil else {
      throw ConfigurationError(
        "\(output ?? "") has no configuration.yaml; name the experiment with --config")
    }
    return try experiment.configuration(over: base ?? Configuration(), with: settings)
  }

  /// Checks what can be known before there are ranks, if that is all that was asked for.
  func checkAlone() throws -> Bool {
    guard let checkedRanks else { return false }
    try requireExperiment()
    // The folder of a run may be on the first rank's host alone, which then looks into it.
    let base = try ResumedRun.storedConfiguration(options, name: experiment.name)
    guard base != nil || experiment.config != nil else { return true }
    let shards = try configuration(over: base).data.shards
    _ = try ShardLayout.shards(ofRank: 0, worldSize: checkedRanks, shardCount: shards)
    return true
  }
}
