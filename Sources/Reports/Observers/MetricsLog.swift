import Files
import Training

/// Writes `metrics.jsonl`: a line of JSON for each step and each evaluation, and for what follows from
/// evaluations, at once.
package final class MetricsLog: TrainingObserver {
  private let lines: RunLines

  /// Opens the file of a run, keeping what earlier parts of the run wrote: the lines of steps that
  /// are done; of evaluations, and of what followed from them, those at the end of an epoch, since an
  /// undisturbed run has no others, and not those that the run begins with; and no early end, which a
  /// run with more patience has not, and any other will write again.
  ///
  /// - Throws: `FileError`.
  package init(_ run: TrainingRun) throws {
    let lastStep = run.firstStep - 1
    lines = try RunLines(path: run.metricsPath, upTo: lastStep) { line in
      line.type == "step"
        || line.type != EarlyStopRecord.type && line.step % run.stepsPerEpoch == 0
          && !(line.step == lastStep && run.beginsWithEvaluation)
    }
  }

  /// A log that goes on at the end of a file.
  package init(_ file: AppendedFile) { lines = RunLines(file) }

  package func stepEnded(_ step: StepEvent) throws { try lines.append(StepRecord(step)) }

  package func evaluated(_ evaluation: EvaluationEvent) throws {
    try lines.append(EvaluationRecord(evaluation))
  }

  package func learningRateFell(_ fall: LearningRateEvent) throws {
    try lines.append(LearningRateRecord(fall))
  }

  package func stoppedEarly(_ stop: EarlyStopEvent) throws {
    try lines.append(EarlyStopRecord(stop))
  }

  package func flush() throws { try lines.flush() }

  package var synchronize: @Sendable () throws -> Void { lines.synchronize }
}
