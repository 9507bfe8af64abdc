import ArgumentParser
import Cluster
import Foundation
import Reports
import Training

/// A command that reads a file, and whose errors are sentences.
protocol FileCommand: ParsableCommand {}

struct Evaluate: FileCommand {
  static let configuration = CommandConfiguration(
    abstract: "Evaluate a model on the test samples.")

  @OptionGroup var options: CheckpointOptions

  func run() throws {
    let test = try options.model().onTestSet(
      directory: options.data, warn: Lockstep.console.warning)
    let result = try test.evaluate()
    guard result.loss.isFinite else {
      throw JobFailure(
        "the loss on the test \(test.test.form.noun) is not a number: the model's outputs are beyond "
          + "what a float holds; look at the scale of the samples with lockstep data", status: 1)
    }
    Lockstep.console.line(String(format: "Test loss: %.4f", result.loss))
    Lockstep.console.line(
      String(
        format: "Accuracy of the model on the test \(test.test.form.noun): %.2f %% (%d of %d)",
        100 * result.accuracy, result.correct, result.samples))
    for line in EvaluationTable(result.confusion, classes: test.classes).lines {
      Lockstep.console.line(line)
    }
  }
}
