import ArgumentParser
import Cluster
import Experiments
import Files
import Training

/// A command that reads a file, and whose errors are sentences.
protocol FileCommand: ParsableCommand {}

struct Evaluate: FileCommand {
  static let configuration = CommandConfiguration(
    abstract: "Evaluate a model on the test samples.")

  @OptionGroup var options: CheckpointOptions

  @OptionGroup var json: JSONOptions

  func run() throws {
    let output = ReportOutput(json: json.path)
    try output.prepare()
    let (path, model) = try options.namedModel()
    let test = try model.onTestSet(
      directory: options.data, warn: Lockstep.console.warning)
    let result = try test.evaluate()
    guard result.loss.isFinite else {
      throw JobFailure(
        "the loss on the test \(test.test.form.noun) is not a number: the model's outputs are beyond "
          + "what a float holds; look at the scale of the samples with lockstep data", status: 1)
    }
    try output.write(EvaluationReport(test, result, checkpoint: path))
  }
}
