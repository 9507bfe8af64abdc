import Cluster
import Configuration
import Datasets
import Files
import Foundation
import Tensors
import Training

/// Does all that a training does before its first step, and a few steps whose result is thrown away,
/// and says what the training would be: what `lockstep train --dry-run` does on every rank. It writes
/// nothing.
///
/// - Parameters:
///   - name: the first part of the folder's name, if `options` do not name one.
///   - resumed: the run that is continued, if it was found before.
/// - Throws: `JobFailure`, with the status that the training would end with before or in its first
///   steps; `RankFailure`.
package func dryRun(
  _ context: TrainingContext, _ options: TrainingOptions, name: String, resumed: ResumedRun?
) throws {
  let group = context.group
  let start = try RunStart(context, options, name: name, resumed: resumed)
  // It has the lock of the run's folder.
  defer { withExtendedLifetime(start) {} }
  try start.requireWritableFolder(group)
  context.warn()
  let (first, settings) = (
    start.state.step, context.trainerSettings(lastStep: options.maximumSteps)
  )
  let trial = try TrialStep(context, from: start.state, most: 30, limit: 3)
  if let failure = trial.failure { throw JobFailure(failure) }
  try group.locally { try group.world.barrier() }
  let stopwatch = Stopwatch()
  _ = try context.evaluation.evaluate(start.state.evaluated)
  let times = try group.locally {
    try DryRunTimes(
      step: group.world.allReduce(trial.seconds, .max), steps: trial.steps,
      evaluation: group.world.allReduce(stopwatch.total, .max))
  }
  let memory = try group.locally {
    try (
      need: group.world.allReduce(context.memory.bytes, .max),
      peak: group.world.allReduce(ProcessFacts.peakMemory, .max),
      threads: group.world.allGather(context.step.workers.threads)
    )
  }
  guard group.isRoot else { return }
  let report = DryRunReport(
    context: context, settings: settings, firstStep: first + 1,
    isStopped: settings.isStoppedEarly(start.state), folder: start.folder ?? "", times: times,
    memory: (memory.need, memory.peak), threads: Set(memory.threads).sorted(),
    checkpointBytes: 4 * context.data.layout.parameterCount * start.state.buffers.count)
  for line in report.lines { group.console.line(line) }
}

/// The times of a trial, in seconds.
struct DryRunTimes {
  /// The time of a step, and the steps that it is the mean of.
  let step: Double, steps: Int
  /// The time of an evaluation after an epoch.
  let evaluation: Double
}
