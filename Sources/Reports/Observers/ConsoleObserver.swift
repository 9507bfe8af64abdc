import Cluster
import Configuration
import Files
import Foundation
import Training

/// Reports a run on the console: what is about to happen, some steps, all evaluations, and on a
/// terminal a progress bar.
package final class ConsoleObserver: TrainingObserver {
  private let run: TrainingRun
  private let console: Console
  private var rate = StepRate()
  private var lastEvaluation: EvaluationEvent?
  private var isStopped = false

  /// An observer of a run, with a progress bar if there is a terminal.
  package init(
    _ run: TrainingRun, _ console: Console,
    terminal: Terminal? = Terminal.find(under: Launcher.current)
  ) {
    (self.run, self.console) = (run, console)
    console.showBar(on: terminal)
  }

  package func runBegan() {
    let (machine, samples, configuration) = (run.machine, run.samples, run.configuration)
    let heldOut = samples.validation.map { ", \($0) validation" } ?? ""
    let steps =
      run.firstStep <= run.lastStep
      ? "steps \(run.firstStep) to \(run.lastStep)"
      : run.beginsWithEvaluation ? "no steps but an evaluation to do" : "no steps to do"
    console.info(
      """
      \(counted(machine.ranks, "rank")) on \(counted(machine.hosts, "host")), \
      \(machine.threads.map(String.init).joined(separator: "-")) \
      \(machine.threads == [1] ? "thread" : "threads") a rank; \
      \(machine.instructionSet), \(configuration.train.precision.rawValue)
      """)
    if let reduction = machine.reduction { console.info(reduction) }
    console.info(
      """
      \(samples.training) training\(heldOut) and \(samples.test) test \
      \(samples.form.inWords) from \(configuration.data.directory), \
      in \(counted(configuration.data.shards, "shard"))
      """)
    console.info(
      """
      \(configuration.model.title), \(run.parameterCount) parameters; \(steps), \
      \(run.stepsPerEpoch) an epoch; writing to \(run.directory)
      """)
  }

  package func stepEnded(_ step: StepEvent) {
    let (result, seconds) = (step.result, step.result.times.total)
    let stepOfEpoch = (step.step - 1) % run.stepsPerEpoch + 1
    if stepOfEpoch % run.configuration.log.every == 0 {
      console.line(
        "\(epoch(step.epoch)), Step [\(stepOfEpoch)/\(run.stepsPerEpoch)], "
          + String(format: "Loss: %.4f", result.loss))
    }
    if rate.add(samples: result.samples, seconds: seconds) || step.step == run.lastStep {
      console.bar(
        ProgressBar(
          done: step.step, total: run.lastStep, samplesPerSecond: rate.samplesPerSecond,
          secondsLeft: rate.secondsPerStep * Double(run.lastStep - step.step)
        ).text)
    }
  }

  package func intervalEnded(_ interval: IntervalEvent) {
    for straggler in interval.stragglers {
      let causes =
        straggler.causes.isEmpty
        ? "no quota, swapped memory or other process explains it; lockstep doctor compares the hosts"
        : straggler.causes.joined(separator: "; ")
      console.warning(
        "rank \(straggler.rank) on \(run.machine.hostNames[straggler.rank]) takes "
          + String(format: "%.0f %% longer for a sample than the others, ", 100 * straggler.excess)
          + "for \(straggler.steps) steps now, and they wait for it: \(causes)")
    }
  }

  package func evaluated(_ evaluation: EvaluationEvent) {
    lastEvaluation = evaluation
    let (name, result) = (evaluation.set.rawValue.capitalized, evaluation.result)
    // One that was interrupted is done again after a resume, which knows no speed.
    let speed =
      evaluation.seconds > 0
      ? String(
        format: ", %.1f s, %.0f samples/s", evaluation.seconds, evaluation.samplesPerSecond) : ""
    console.line(
      "\(epoch(evaluation.epoch)), "
        + String(format: "\(name) loss: %.4f, ", result.loss)
        + String(format: "\(name) accuracy: %.2f %%", 100 * result.accuracy)
        + result.confusion.balancedFigures + speed)
  }

  package func learningRateFell(_ fall: LearningRateEvent) {
    let criterion = run.configuration.evaluation.criterion.inWords
    console.line(
      "\(epoch(fall.epoch)), the learning rate falls from \(fall.from.shortText) to "
        + "\(fall.to.shortText): no better \(run.configuration.evaluatedSet) \(criterion) for "
        + "\(counted(run.configuration.schedule.patience + 1, "epoch"))")
  }

  package func stoppedEarly(_ stop: EarlyStopEvent) {
    isStopped = true
    let isShare = stop.criterion.isHigherBetter
    func inWords(_ figure: Double) -> String {
      isShare ? String(format: "%.2f %%", 100 * figure) : String(format: "%.4f", figure)
    }
    let by = stop.delta > 0 ? "more than \(inWords(stop.delta)) " : ""
    console.line(
      "\(epoch(stop.epoch)), stopped early: for \(counted(stop.epoch - stop.bestEpoch, "epoch")) the "
        + "\(stop.set) \(stop.criterion.inWords) was never \(by)"
        + "\(isShare ? "above" : "below") the \(inWords(stop.best)) of epoch \(stop.bestEpoch) "
        + "(train.earlyStopping: \(stop.patience)); best.safetensors is the best")
  }

  package func runEnded() {
    console.finish()
    guard let last = lastEvaluation else {
      if isStopped {
        return console.line(
          "Nothing to do: the run was stopped early; a higher train.earlyStopping, or 0, lets it go on."
        )
      }
      return console.line(
        "Nothing to do: the checkpoint is at step \(run.firstStep - 1), and the run ends with "
          + "step \(run.lastStep).")
    }
    console.line(
      String(
        format: "Accuracy of the model on the \(last.set) \(run.samples.form.noun): %.2f %%",
        100 * last.result.accuracy) + (isStopped ? " after the last epoch" : ""))
  }

  private func epoch(_ number: Int) -> String {
    "Epoch [\(number)/\(run.configuration.train.epochs)]"
  }
}

extension Configuration.Evaluation.Criterion {
  /// The figure in words.
  fileprivate var inWords: String {
    self == .macroF1 ? "macro F1" : rawValue.replacing("-", with: " ")
  }
}

extension Double {
  /// The number without digits that say nothing.
  fileprivate var shortText: String { String(format: "%.6g", self) }
}

/// The speed of the last steps.
private struct StepRate {
  private(set) var samplesPerSecond = 0.0
  private(set) var secondsPerStep = 0.0
  private var samples = 0
  private var steps = 0
  private var seconds = 0.0

  /// Takes a step into account, and returns about four times a second that the figures are new.
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
