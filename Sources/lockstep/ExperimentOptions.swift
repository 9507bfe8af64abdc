import ArgumentParser
import Cluster
import Configuration
import Experiments

/// The options that name the experiment of a command.
struct ExperimentOptions: ParsableArguments {
  @Option(help: "The YAML file of the experiment.")
  var config: String

  @Option(
    help: ArgumentHelp(
      "Which of the configurations, for a file that holds several variants.", valueName: "name"))
  var variant: String?

  @Option(
    name: .customLong("set"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Replace one key of the configuration, such as model.hidden=64; may be repeated.",
      valueName: "key=value"))
  var settings: [String] = []

  /// The name of the experiment, which a run's folder begins with.
  var name: String {
    ComparisonNames.baseName(config) + (variant.map { "-\($0)" } ?? "")
  }

  /// The configuration, with more settings `key.path=value` than those that were typed.
  func configuration(with more: [String] = []) throws -> Configuration {
    try Configuration(file: config, variant: variant, settings: settings + more)
  }
}

/// A command that several ranks run together.
protocol JobCommand: ParsableCommand {
  /// Runs the command on one rank.
  func run(in group: ProcessGroup) throws
}
