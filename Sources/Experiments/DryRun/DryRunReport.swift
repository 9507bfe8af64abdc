import Cluster
import Configuration
import Files
import Foundation
import Tensors
import Training

/// The figures of a training that did not begin yet, in lines for a person.
struct DryRunReport {
  let context: TrainingContext
  let settings: Trainer.Settings
  /// The number of the first step, from 1.
  let firstStep: Int
  /// True if the run that is continued was stopped early.
  let isStopped: Bool
  /// The run's folder.
  let folder: String
  let times: DryRunTimes
  /// The bytes that the rank that takes the most asks for besides its samples, and the most that any
  /// had in use.
  let memory: (need: Int, peak: Int)
  /// The numbers of threads that ranks have, each once, ascending.
  let threads: [Int]
  /// The bytes of a checkpoint's tensors.
  let checkpointBytes: Int

  var lines: [String] {
    [
      ("model", model), ("training", training), ("samples", samples), ("machine", machine),
      ("steps", steps), ("memory", memoryText), ("checkpoints", checkpoints), ("time", time),
    ].flatMap { name, text in
      wrapped(name.padding(toLength: 13, withPad: " ", startingAt: 0) + text, indent: 13)
    } + [
      "Nothing was written. "
        + (stepCount > 0
          ? "Without --dry-run the training begins." : "Without --dry-run there is nothing to do.")
    ]
  }

  private var configuration: Configuration { context.configuration }

  private var model: String {
    "\(configuration.model.title), \(context.data.layout.parameterCount) parameters, "
      + "\(configuration.data.classes.count) classes"
  }

  private var training: String {
    let (train, optimizer) = (configuration.train, configuration.optimizer)
    let facts = [
      optimizer.kind.rawValue, "learning rate \(configuration.learningRate.shortText)",
      "schedule \(configuration.schedule.decay.rawValue)", "batch \(train.batch)",
      "seed \(train.seed)", train.precision.rawValue,
    ]
    let stop = "stopped early after \(counted(train.earlyStopping, "epoch")) without a better one"
    return (facts + (train.earlyStopping > 0 ? [stop] : [])).joined(separator: ", ")
  }

  private var samples: String {
    let data = context.data
    let heldOut = data.validation.map { ", \($0.sampleCount) validation" } ?? ""
    return
      "\(data.training.sampleCount) training\(heldOut) and \(data.test?.sampleCount ?? 0) test "
      + "\(data.training.form.inWords), in \(counted(configuration.data.shards, "shard"))"
  }

  private var machine: String {
    let group = context.group
    return "\(counted(group.size, "rank")) on \(counted(group.layout.hosts.count, "host")), "
      + threads.map(String.init).joined(separator: "-")
      + " \(threads == [1] ? "thread" : "threads") a rank; "
      + "\(Kernels.name(configuration.train.precision))"
  }

  private var steps: String {
    let epoch = "\(settings.stepsPerEpoch) an epoch"
    guard stepCount > 0 else {
      return isStopped
        ? "none: the run was stopped early after step \(firstStep - 1)"
        : "none: the checkpoint is at step \(firstStep - 1), and the run ends with step "
          + "\(settings.lastStep)"
    }
    return "\(stepCount), \(firstStep) to \(settings.lastStep), \(epoch), "
      + "in \(counted(configuration.train.epochs, "epoch"))"
  }

  private var memoryText: String {
    "\(Double(memory.need).bytesInWords) a rank besides the samples; up to \(Double(memory.peak).bytesInWords) in use "
      + "in the trial"
  }

  private var checkpoints: String {
    let every = configuration.checkpoint.everySteps
    let written = evaluationCount + (every > 0 ? stepCount / every : 0)
    // Of a run that is continued some are there already.
    let kept =
      firstStep > 1 ? configuration.checkpoint.keep : min(configuration.checkpoint.keep, written)
    return "\(Double(checkpointBytes).bytesInWords) each, up to \(kept + 1) of them in \(folder)"
  }

  private var time: String {
    guard stepCount > 0 else { return "none" }
    let data = context.data
    var total = Double(stepCount) * times.step + Double(evaluationCount) * times.evaluation
    var parts = [
      "steps of \(times.step.timeInWords) (a mean of \(times.steps))",
      "\(counted(evaluationCount, "evaluation")) of \(times.evaluation.timeInWords)",
    ]
    // Where samples are held out, the test set is evaluated once, at the end.
    if context.finalEvaluation != nil, let test = data.test, let heldOut = data.validation {
      let last =
        times.evaluation * Double(test.sampleCount) / Double(max(heldOut.sampleCount, 1))
      total += last
      parts.append("one of the test set of about \(last.timeInWords)")
    }
    let limit = configuration.train.earlyStopping > 0 ? "at most" : "about"
    let list = parts.dropLast().joined(separator: ", ") + " and " + (parts.last ?? "")
    return "\(limit) \(total.durationInWords): \(list)"
  }

  /// The evaluations that are left: one after each epoch, or after the part of one that a run ends
  /// with.
  private var evaluationCount: Int {
    guard stepCount > 0 else { return 0 }
    return (settings.lastStep - 1) / settings.stepsPerEpoch + 1
      - (firstStep - 1) / settings.stepsPerEpoch
  }

  /// The steps that are left.
  private var stepCount: Int { isStopped ? 0 : max(settings.lastStep - firstStep + 1, 0) }
}

extension Double {
  /// The number of seconds as hours, minutes and seconds, such as 1 h 5 min, 2 min 10 s or 1.2 s.
  fileprivate var durationInWords: String {
    guard self >= 60, self < 1e9 else { return timeInWords }
    let seconds = Int(rounded())
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    return hours > 0 ? "\(hours) h \(minutes) min" : "\(minutes) min \(seconds % 60) s"
  }
}
