import Files
import Training

/// Writes `trace.json`, the record of a start's first steps.
package final class TraceFile: TrainingObserver {
  private let path: String

  /// The file of a run, which replaces that of an earlier start.
  package init(_ run: TrainingRun) { path = run.tracePath }

  package func traced(_ file: [UInt8]) throws { try AtomicFile.replace(path, with: file) }
}
