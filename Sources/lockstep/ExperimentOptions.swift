import ArgumentParser
import Cluster
import Configuration
import Experiments
import Files

/// The options that name the experiment of a command.
struct ExperimentOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The YAML file of the experiment.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]), transform: expandingTilde)
  var config: String?

  @Option(
    help: ArgumentHelp(
      "Which of the configurations, for a file that holds several variants.", valueName: "name"))
  var variant: String?

  @Option(
    name: .customLong("set"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Replace one key of the configuration, such as model.hidden=64; may be repeated.",
      valueName: "key=value"),
    completion: .keys)
  var settings: [String] = []

  /// The sentence for a command that no experiment was named for.
  static let missing = "--config is missing; name the YAML file of the experiment"

  /// The name of the experiment, which a run's folder begins with; nil without a file.
  var name: String? {
    config.map { ComparisonNames.baseName($0) + (variant.map { "-\($0)" } ?? "") }
  }

  /// The configuration: the values of `base`, over them those of the file, over them those that
  /// were typed.
  ///
  /// - Parameters:
  ///   - base: the reference experiment, or that of the run that is continued.
  ///   - more: settings besides those of `--set`.
  func configuration(
    over base: Configuration = Configuration(), with more: [TypedSetting] = []
  ) throws -> Configuration {
    let file = try config.map { path throws(ConfigurationError) in
      try ConfigurationFile(path: path)
    }
    return try (file ?? .empty).configuration(
      variant: variant, settings: settings.map { TypedSetting($0) } + more, over: base)
  }
}

extension CompletionKind {
  /// The keys of a configuration, each with the `=` that stands behind it, before which bash alone would
  /// put a backslash.
  static var keys: CompletionKind {
    .custom { _, _, _ in
      let end = CompletionShell.requesting == .bash ? "" : "="
      return Configuration().values.keys.sorted().map { $0 + end }
    }
  }
}

/// A command that several ranks run together.
protocol JobCommand: ParsableCommand {
  /// Runs the command on one rank.
  func run(in group: ProcessGroup) throws

  /// Does what needs no other ranks; returns whether that was all.
  func checkAlone() throws -> Bool
}

extension JobCommand {
  func checkAlone() throws -> Bool { false }
}
