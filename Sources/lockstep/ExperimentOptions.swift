import ArgumentParser
import Training

/// Which experiment a command runs.
struct ExperimentOptions: ParsableArguments {
  @Option(help: "The YAML file of the experiment.")
  var config: String

  @Option(
    name: .customLong("set"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Replace one key of the configuration, such as model.hidden=64; may be repeated.",
      valueName: "key=value"))
  var settings: [String] = []
}

/// A command that several ranks run together.
protocol JobCommand: ParsableCommand {
  /// Runs the command on one rank.
  func run(in team: Team) throws
}
