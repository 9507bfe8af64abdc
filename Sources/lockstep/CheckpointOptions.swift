import ArgumentParser
import Configuration
import Files
import Training

/// The options of the commands that try a model on test samples.
struct CheckpointOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      A run's folder (its best.safetensors, or else its newest checkpoint), a checkpoint, or with \
      --config the parameters of a PyTorch model in a safetensors file.
      """,
      valueName: "path"),
    completion: .file(extensions: ["safetensors"]), transform: expandingTilde)
  var checkpoint: String

  @Option(
    help: ArgumentHelp(
      """
      The folder with the test samples, or a file of samples: an IDX file of images, an .npy with \
      its lengths beside it in NAME-lengths.npy, an .npz of x, y and lengths, or a .ts file. If left \
      out, the folder of the configuration.
      """,
      valueName: "path"),
    completion: .file(), transform: expandingTilde)
  var data: String?

  @OptionGroup var experiment: ExperimentOptions

  /// The configuration: that of the checkpoint, and over it what the options say; of a file that has
  /// none, what they say alone.
  func configuration(over base: Configuration?) throws -> Configuration {
    guard base != nil || experiment.config != nil else {
      throw ConfigurationError(
        "\(checkpoint) is no checkpoint of lockstep; name with --config the YAML file that says the "
          + "shape of its model and the names of its classes")
    }
    return try experiment.configuration(over: base ?? Configuration())
  }

  /// Reads the model.
  func model() throws -> LoadedModel { try namedModel().model }

  /// Reads the model, with the path of its file.
  func namedModel() throws -> (path: String, model: LoadedModel) {
    let path = try checkpointPath(at: checkpoint)
    if path != checkpoint { Lockstep.console.info("the checkpoint is \(path)") }
    return (path, try LoadedModel(path) { try configuration(over: $0) })
  }
}
