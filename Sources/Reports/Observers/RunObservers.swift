import Cluster
import Training

/// The observers of a run: its files, and the console.
///
/// - Throws: `FileError`.
package func runObservers(
  _ run: TrainingRun, _ console: Console
) throws -> [any TrainingObserver] {
  [try MetricsLog(run), try RanksLog(run), TraceFile(run), ConsoleObserver(run, console)]
}
