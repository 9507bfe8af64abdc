import ArgumentParser
import Configuration
import Files
import Training

/// The options of a training, as `lockstep train` takes them.
struct TrainingArguments: ParsableArguments {
  @OptionGroup var experiment: ExperimentOptions

  @OptionGroup var keys: KeyOptions

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
    completion: .directory, transform: expandingTilde)
  var output: String?

  @Option(
    name: .customLong("init"),
    help: ArgumentHelp(
      """
      Take the initial parameters from this file, of Lockstep or of PyTorch; not with --resume, \
      but with --resume=if-any for a run that begins.
      """,
      valueName: "file.safetensors"),
    completion: .file(extensions: ["safetensors"]), transform: expandingTilde)
  var initialParameters: String?

  @Flag(
    name: .customLong("init-partial"),
    help: """
      Take those parameters from the file of --init that it has in the shapes of the model, and draw \
      the others, such as those of a linear layer for other classes.
      """)
  var drawsMissingParameters = false

  // A value that a transform refuses would count as none.
  @Option(
    defaultAsFlag: "", parsing: .next,
    help: ArgumentHelp(
      """
      Continue from the newest checkpoint in the run's folder, with any number of ranks, and with \
      its configuration.yaml: no option has to be typed again. With --resume=if-any, begin the run \
      where there is none.
      """,
      valueName: "if-any"),
    completion: .list(["if-any"]))
  var resume: String?

  @Flag(help: "Take the samples in the order of the file in every epoch.")
  var noShuffle = false

  func validate() throws {
    if let maxSteps, maxSteps < 1 {
      throw ValidationError("--max-steps is \(maxSteps); expected at least 1")
    }
    if output?.isEmpty == true {
      throw ValidationError("--output is empty; expected the path of a folder")
    }
    if let resume, !["", "if-any"].contains(resume) {
      throw ValidationError("--resume is \(resume); expected --resume alone, or --resume=if-any")
    }
    if drawsMissingParameters, initialParameters == nil {
      throw ValidationError("--init-partial needs the file of parameters; name it with --init")
    }
    if resume == "", initialParameters != nil {
      throw ValidationError(
        "--init gives a run its first parameters, and --resume continues one that has its own; "
          + "leave one of them out")
    }
  }

  /// Checks that an experiment is named. Not in `validate`, which comes before the parser finds
  /// options that do not exist.
  func requireExperiment() throws(ConfigurationError) {
    guard experiment.config == nil, resume == nil || output == nil else { return }
    throw ConfigurationError(
      resume == nil
        ? ExperimentOptions.missing
        : "--resume needs the run's folder, with --output, or else --config, for the newest run "
          + "of that experiment", isOfOption: true)
  }

  /// The choices besides the configuration.
  var options: TrainingOptions {
    var options = TrainingOptions()
    options.maximumSteps = maxSteps
    options.shuffles = !noShuffle
    options.initialParameters = initialParameters
    options.drawsMissingParameters = drawsMissingParameters
    options.output = output
    options.resume = resume.map { $0.isEmpty ? .always : .ifAny } ?? .never
    return options
  }

  /// The configuration: `base`, that of the run that is continued, if there is one, and over it
  /// what the options say.
  func configuration(over base: Configuration?) throws -> Configuration {
    guard base != nil || experiment.config != nil else {
      throw ConfigurationError(
        "\(output ?? "") has no configuration.yaml; name the experiment with --config")
    }
    return try experiment.configuration(over: base ?? Configuration(), with: keys.settings)
  }

  /// The configuration of a run that continues another, or begins.
  func configuration(continuing run: ResumedRun?) throws -> Configuration {
    guard run != nil || experiment.config != nil else {
      throw ConfigurationError(
        "there is no run\(output.map { " in \($0)" } ?? "") to continue; name the experiment to begin "
          + "with --config")
    }
    return try configuration(over: run?.configuration())
  }

  /// The configuration as this process sees it, before there are ranks; nil where it is that of a run
  /// whose folder is not here: it may be on the first rank's host alone.
  func configurationAlone() throws -> Configuration? {
    let base = try ResumedRun.storedConfiguration(options, name: experiment.name)
    guard base != nil || experiment.config != nil else { return nil }
    return try configuration(over: base)
  }
}
