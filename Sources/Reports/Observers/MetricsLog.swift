import Files
import Training

/// Writes `metrics.jsonl`: a line of JSON for each step and each evaluation, and for what follows from
/// evaluations, at once.
package final class MetricsLog: TrainingObserver {
  private let lines: RunLines

  /// Opens the file of a run, keeping what earlier parts of the run wrote and this one will not write
  /// again; an early end is none of that: a run with more patience has none, and any other writes it.
  ///
  /// - Throws: `FileError`.
  package init(_ run: TrainingRun) throws {
    lines = try RunLines(path: run.metricsPath, upTo: run.firstStep - 1) { line in
      switch line.type {
      case "step": run.keeps(.step, of: line.step)
      case EarlyStopRecord.type: run.keeps(.part, of: line.step)
      default: run.keeps(.evaluation, of: line.step)
      }
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
