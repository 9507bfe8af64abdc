import Cluster
import Configuration
import Foundation
import Logging
import Tensors

/// What rank 0 says of a run: on the console, in `metrics.jsonl`, and as checkpoints.
///
/// Nothing here throws into the loop, where the other ranks would wait: what fails is kept in
/// `failure`, which the loop passes on with the gradients of the next step.
package final class RunRecorder {
  /// What is about to be done, and where it is written.
  package let plan: String
  /// What cannot be written, if that ends the run.
  package private(set) var failure: (any Error)?

  private let console = Console.standard
  private let logger: Logger
  private let metrics: MetricsLog
  private let writer: CheckpointWriter
  private let configuration: Configuration
  private let stepsPerEpoch: Int
  private let lastStep: Int
  private var rate = StepRate()
  private var epoch = 0
  private var epochSamples = 0
  private var epochStart = ContinuousClock.now
  private var epochSeconds = 0.0
  private var lastEvaluation: (set: EvaluatedSet, result: ClassificationResult)?
  private var bestAccuracy: Double
  private let firstStep: Int
  private var lastCheckpoint = -1
  private var hasWarned = false

  package init(
    _ configuration: Configuration, _ options: RunOptions, _ folder: RunDirectory,
    _ data: TrainingData,
    _ start: RunStart, _ logger: Logger
  ) throws {
    self.configuration = configuration
    self.logger = logger
    stepsPerEpoch = data.plan.stepsPerEpoch
    lastStep = options.lastStep(configuration, stepsPerEpoch: stepsPerEpoch)
    bestAccuracy = start.bestAccuracy
    firstStep = start.step + 1
    metrics = try MetricsLog(
      path: folder.metricsPath, keepingStepsUpTo: start.step, stepsPerEpoch: stepsPerEpoch)
    let synchronizeMetrics = metrics.synchronize
    writer = try CheckpointWriter(data.layout, configuration) { state, isBest in
      synchronizeMetrics()
      try folder.write(state, isBest: isBest)
    }
    plan =
      (firstStep > lastStep ? "no steps to do" : "steps \(firstStep) to \(lastStep)")
      + ", \(stepsPerEpoch) an epoch; writing to \(folder.path)"
    console.showBar(on: Terminal.find(under: Launcher.current))
  }

  package func beginEpoch(_ index: Int) {
    epoch = index + 1
    epochSamples = 0
    epochStart = .now
  }

  package func step(_ step: Int, _ result: StepResult) {
    let seconds = result.times.total
    epochSamples += result.samples
    record(
      StepRecord(
        step: step, epoch: epoch, loss: result.loss,
        learningRate: result.learningRate, gradientNorm: result.gradientNorm,
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
          secondsLeft: rate.secondsPerStep * Double(lastStep - step)
        ).text)
    }
    takeFailure(writer.takeFailure())
  }

  /// The steps of an epoch are done; what follows is not counted into its time.
  package func endTraining() { epochSeconds = (ContinuousClock.now - epochStart).seconds }

  package func evaluation(_ step: Int, _ result: ClassificationResult, of set: EvaluatedSet) {
    lastEvaluation = (set, result)
    record(
      EvaluationRecord(
        set: set, step: step, epoch: epoch, loss: result.loss, accuracy: result.accuracy,
        correct: result.correct, samples: result.samples, seconds: epochSeconds,
        samplesPerSecond: Double(epochSamples) / epochSeconds))
    let name = set.rawValue.capitalized
    console.line(
      "Epoch [\(epoch)/\(configuration.train.epochs)], "
        + String(format: "\(name) loss: %.4f, ", result.loss)
        + String(
          format: "\(name) accuracy: %.2f %%, %.1f s, %.0f samples/s", 100 * result.accuracy,
          epochSeconds, Double(epochSamples) / epochSeconds))
  }

  /// Starts to write a checkpoint, unless that of this step is there already.
  ///
  /// - Parameter evaluation: of this state, if it was evaluated.
  package func checkpoint(_ state: TrainingState, _ evaluation: ClassificationResult? = nil) {
    guard state.step != lastCheckpoint else { return }
    lastCheckpoint = state.step
    let isBest = evaluation.map { $0.accuracy > bestAccuracy } ?? false
    if isBest, let evaluation { bestAccuracy = evaluation.accuracy }
    var state = state
    state.bestAccuracy = bestAccuracy
    flush()
    writer.start(state, isBest: isBest)
  }

  /// Waits until all is written.
  ///
  /// - Throws: what could not be.
  package func finishWriting() throws {
    writer.finish()
    takeFailure(writer.takeFailure())
    flush()
    if let failure { throw failure }
  }

  /// Says how the run ended.
  package func finish() {
    console.finish()
    guard let (set, result) = lastEvaluation else {
      return console.line(
        "Nothing to do: the checkpoint is at step \(firstStep - 1), and the run ends with step \(lastStep)."
      )
    }
    console.line(
      String(
        format: "Accuracy of the model on the \(set) images: %.2f %%", 100 * result.accuracy))
  }

  /// Puts what is known on the disk, also after a failure.
  package func close() {
    writer.finish()
    try? metrics.flush()
  }

  private func record(_ record: some Encodable) {
    do { try metrics.append(record) } catch { takeFailure(error) }
  }

  private func flush() {
    do { try metrics.flush() } catch { takeFailure(error) }
  }

  /// A failure ends the run or is said once, as `checkpoint.onFailure` has it.
  private func takeFailure(_ error: (any Error)?) {
    guard let error else { return }
    switch configuration.checkpoint.onFailure {
    case .stop: failure = failure ?? error
    case .continue:
      if !hasWarned {
        logger.warning("\(error); training goes on (checkpoint.onFailure: continue)")
      }
      hasWarned = true
    }
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
