import ArgumentParser
import Cluster
import Configuration
import Datasets
import Experiments
import Files
import Reports
import Training

struct Train: JobCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a classifier, alone or as one of the ranks that mpirun started.",
    discussion: """
      For example: mpirun -np 4 lockstep train --config configs/fashion-mnist.yaml

      The run's folder holds configuration.yaml (every key, as resolved and with what it is for), \
      metrics.jsonl (a line for each step and evaluation), ranks.jsonl (the times of each rank) and \
      checkpoints/. To continue a run, its folder is enough: lockstep train --output runs/NAME --resume
      """)

  @OptionGroup var arguments: TrainingArguments

  @Option(
    name: .customLong("check"), parsing: .unconditional,
    help: ArgumentHelp(
      """
      Check the options and the configuration for this many ranks, without MPI and the data, and \
      train nothing.
      """,
      valueName: "ranks"))
  var checkedRanks: Int?

  @Flag(
    help: """
      Do all that comes before the first step, and a few steps for trial; print the sizes, the memory \
      and the time that the training would take, and write nothing.
      """)
  var dryRun = false

  func validate() throws {
    if let checkedRanks, checkedRanks < 1 {
      throw ValidationError("--check is \(checkedRanks); expected at least 1 rank")
    }
  }

  func run(in group: ProcessGroup) throws {
    try group.collectively(arguments.requireExperiment)
    var options = arguments.options
    let name = arguments.experiment.name
    let resumed = try ResumedRun.find(group, options, name: name)
    if let resumed { options.go(onWith: resumed) }
    let context = try TrainingContext(group, options) {
      try arguments.configuration(continuing: resumed)
    }
    context.warnOfSettingsWithoutEffect(options)
    if dryRun {
      return try Experiments.dryRun(context, options, name: name ?? "run", resumed: resumed)
    }
    try train(
      context, options, name: name ?? "run", resumed: resumed,
      observers: { try runObservers($0, group.console) })
  }

  /// Checks what can be known before there are ranks, if that is all that was asked for.
  func checkAlone() throws -> Bool {
    guard let checkedRanks else { return false }
    try arguments.requireExperiment()
    guard let shards = try arguments.configurationAlone()?.data.shards else { return true }
    _ = try ShardLayout.shards(ofRank: 0, worldSize: checkedRanks, shardCount: shards)
    return true
  }
}
