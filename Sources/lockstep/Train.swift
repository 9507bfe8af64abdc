import ArgumentParser
import Cluster
import Reports
import Training

struct Train: JobCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a classifier, alone or as one of the ranks that mpirun started.",
    discussion: """
      For example: mpirun -np 4 lockstep train --config configs/fashion-mnist.yaml

      The run's folder holds configuration.yaml (every key, as resolved and with what it is for), \
      metrics.jsonl (a line for each step and evaluation) and checkpoints/.
      """)

  @OptionGroup var experiment: ExperimentOptions

  @Option(help: "Replaces train.epochs.")
  var epochs: String?

  @Option(help: "Replaces train.batch, the samples of a step over all ranks.")
  var batch: String?

  @Option(help: "Replaces train.seed.")
  var seed: String?

  @Option(
    help: ArgumentHelp("End after this many steps in all.", valueName: "steps"))
  var maxSteps: Int?

  @Option(
    help: ArgumentHelp(
      """
      The run's folder; if left out, runs/NAME-DATE-TIME for a configuration NAME.yaml, or with \
      --resume the newest of those.
      """,
      valueName: "folder"))
  var output: String?

  @Option(
    name: .customLong("init"),
    help: ArgumentHelp(
      """
      Take the initial parameters from this file, of Lockstep or of PyTorch; a run that is \
      resumed from a checkpoint has its own.
      """,
      valueName: "file.safetensors"))
  var initialParameters: String?

  @Flag(help: "Continue from the newest checkpoint in the run's folder, with any number of ranks.")
  var resume = false

  @Flag(help: "Take the samples in the order of the file in every epoch.")
  var noShuffle = false

  func validate() throws {
    if let maxSteps, maxSteps < 1 {
      throw ValidationError("--max-steps is \(maxSteps); expected at least 1")
    }
    if output?.isEmpty == true {
      throw ValidationError("--output is empty; expected the path of a folder")
    }
  }

  func run(in group: ProcessGroup) throws {
    var options = TrainingOptions()
    options.maximumSteps = maxSteps
    options.shuffles = !noShuffle
    options.initialParameters = initialParameters
    options.output = output
    options.resumes = resume
    let shortcuts = [("train.epochs", epochs), ("train.batch", batch), ("train.seed", seed)]
    let settings = shortcuts.compactMap { key, value in value.map { "\(key)=\($0)" } }
    let context = try TrainingContext(group, options) {
      try experiment.configuration(with: settings)
    }
    try train(
      context, options, name: experiment.name,
      observers: { [try MetricsLog($0), ConsoleObserver($0, group.console)] })
  }
}
