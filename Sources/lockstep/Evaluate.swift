import ArgumentParser
import Files
import Foundation
import Training

/// The options of the commands that try a checkpoint on test samples.
struct CheckpointOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A checkpoint of Lockstep, such as runs/NAME/checkpoints/step-00003000.safetensors.",
      valueName: "file"),
    transform: expandingTilde)
  var checkpoint: String

  @Option(
    help: ArgumentHelp(
      "The folder with the test samples; if left out, that of the checkpoint's configuration.",
      valueName: "folder"),
    transform: expandingTilde)
  var data: String?
}

/// A command that reads a file, and whose errors are sentences.
protocol FileCommand: ParsableCommand {}

struct Evaluate: FileCommand {
  static let configuration = CommandConfiguration(
    abstract: "Evaluate a checkpoint on the test samples.")

  @OptionGroup var options: CheckpointOptions

  func run() throws {
    let model = try LoadedModel(checkpoint: options.checkpoint)
    let test = try model.onTestSet(directory: options.data)
    let result = try test.evaluate()
    Lockstep.console.line(String(format: "Test loss: %.4f", result.loss))
    Lockstep.console.line(
      String(
        format: "Accuracy of the model on the test \(test.test.form.noun): %.2f %% (%d of %d)",
        100 * result.accuracy, result.correct, result.samples))
  }
}
