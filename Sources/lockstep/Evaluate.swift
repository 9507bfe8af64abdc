import ArgumentParser
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
    let test = try options.model().onTestSet(directory: options.data)
    let result = try test.evaluate()
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
