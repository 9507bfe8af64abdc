import Foundation
import Tensors

/// What rank 0 says of a run: on the console, in `metrics.jsonl`, and as checkpoints.
final class RunReport {
  /// What is about to be done, and where it is written.
  let plan: String
  private let console = Console.standard
  private let folder: RunFolder
  private let metrics: MetricsLog
  private let configuration: Configuration
  private let stepsPerEpoch: Int
  private let lastStep: Int
  private var rate = StepRate()
  private var epoch = 0
  private var epochSamples = 0
  private var epochStart = ContinuousClock.now
  private var epochSeconds = 0.0
  private var lastEvaluation: ClassificationResult?

  init(
    _ configuration: Configuration, _ options: RunOptions, _ folder: RunFolder, _ data: RunData,
    startStep: Int
  ) throws {
    self.configuration = configuration
    self.folder = folder
    metrics = try MetricsLog(path: folder.metricsPath, keepingStepsUpTo: startStep)
    stepsPerEpoch = data.plan.stepsPerEpoch
    lastStep = options.lastStep(configuration, stepsPerEpoch: stepsPerEpoch)
    plan =
      "steps \(startStep + 1) to \(lastStep), \(stepsPerEpoch) an epoch; writing to \(folder.path)"
    console.showBar(on: Terminal.find(under: Launcher.current))
  }

  func beginEpoch(_ index: Int) {
    epoch = index + 1
    epochSamples = 0
    epochStart = .now
  }

  func step(_ step: Int, _ result: StepResult, seconds: Double) throws {
    epochSamples += result.samples
    try metrics.append(
      StepRecord(
        step: step, epoch: epoch, loss: result.loss,
        learningRate: configuration.optimizer.learningRate, gradientNorm: result.gradientNorm,
        seconds: seconds))
    let stepOfEpoch = (step - 1) % stepsPerEpoch + 1
    if stepOfEpoch % configuration.log.every == 0 {
      console.line(
        "Epoch [\(epoch)/\(configuration.train.epochs)], Step [\(stepOfEpoch)/\(stepsPerEpoch)], "
          + String(format: "Loss: %.4f", result.loss))
    }
    if rate.add(samples: result.samples, seconds: seconds) || step == lastStep {
      console.bar(
        ProgressBar(
          done: step, total: lastStep, samplesPerSecond: rate.samplesPerSecond,
          secondsLeft: rate.secondsPerStep * Double(lastStep - step)))
    }
  }

  /// The steps of an epoch are done; what follows is not counted into its time.
  func endTraining() { epochSeconds = (ContinuousClock.now - epochStart).seconds }

  func evaluation(_ step: Int, _ result: ClassificationResult) throws {
    lastEvaluation = result
    try metrics.append(
      EvaluationRecord(
        step: step, epoch: epoch, loss: result.loss, accuracy: result.accuracy,
        correct: result.correct, samples: result.samples, seconds: epochSeconds,
        samplesPerSecond: Double(epochSamples) / epochSeconds))
    console.line(
      "Epoch [\(epoch)/\(configuration.train.epochs)], "
        + String(
          format: "Test loss: %.4f, Test accuracy: %.2f %%, %.1f s, %.0f samples/s", result.loss,
          100 * result.accuracy, epochSeconds, Double(epochSamples) / epochSeconds))
  }

  func checkpoint(_ state: TrainingState) throws {
    try metrics.synchronize()
    try folder.write(state)
  }

  /// Says how the run ended.
  func finish() {
    console.finish()
    guard let result = lastEvaluation else {
      return console.line("The run had ended already: step \(lastStep) of \(lastStep) is done.")
    }
    console.line(
      String(
        format: "Accuracy of the model on the test images: %.2f %%", 100 * result.accuracy))
  }

  /// Puts what is known on the disk, also after a failure.
  func close() {
    try? metrics.synchronize()
  }
}

/// The speed of the last steps.
private struct StepRate {
  private(set) var samplesPerSecond = 0.0
  private(set) var secondsPerStep = 0.0
  private var samples = 0
  private var steps = 0
  private var seconds = 0.0

  /// Takes a step into account, and says about four times a second that the figures are new.
  mutating func add(samples: Int, seconds: Double) -> Bool {
    self.samples += samples
    self.seconds += seconds
    steps += 1
    guard self.seconds >= 0.25 || secondsPerStep == 0 else { return false }
    samplesPerSecond = Double(self.samples) / self.seconds
    secondsPerStep = self.seconds / Double(steps)
    (self.samples, self.steps, self.seconds) = (0, 0, 0)
    return true
  }
}
