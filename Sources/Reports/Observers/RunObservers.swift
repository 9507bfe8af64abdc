import Cluster
import Training

/// The observers of a run that its configuration asks for: its files, and the console.
///
/// - Parameter recorded: true if the run must have `metrics.jsonl`, whatever its configuration says.
/// - Throws: `FileError`.
package func runObservers(
  _ run: TrainingRun, _ console: Console, recorded: Bool = false
) throws -> [any TrainingObserver] {
  let targets = run.configuration.log.to
  var observers: [any TrainingObserver] = [TraceFile(run)]
  if recorded || targets.contains(.metrics) {
    observers += [try MetricsLog(run), try RanksLog(run)]
  }
  if targets.contains(.tensorboard) {
    do { observers.append(try TensorBoardLog(run, console)) } catch {
      console.warning("\(error); training goes on without TensorBoard's events")
    }
  }
  if targets.contains(.console) { observers.append(ConsoleObserver(run, console)) }
  return observers
}
