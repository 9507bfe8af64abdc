import Cluster
import Configuration
import Datasets
import Tensors

/// Records a run on rank 0: tells observers what happens, and has checkpoints written.
///
/// Nothing here throws into the loop, where the other ranks would wait: an error is kept in
/// `failure`, which the loop passes on with the gradients of the next step.
package final class RunRecorder {
  /// The first error in writing, if such an error ends the run.
  package private(set) var failure: (any Error)?

  private let observers: [any TrainingObserver]
  private let writer: BackgroundCheckpointWriter
  private let onFailure: Configuration.Checkpoint.FailurePolicy
  private let console: Console
  private var stragglers = StragglerWatch()
  private var epoch = 0
  private var epochSamples = 0
  private var epochClock = Stopwatch()
  private var epochSeconds = 0.0
  private let criterion: Configuration.Evaluation.Criterion
  private var best: Double?
  private var lastCheckpoint = none
  /// The best figure before the last checkpoint.
  private var earlierBest: Double?
  /// The error of the last checkpoint, or of the lines before it; nil if both are on the disk, as far
  /// as is known.
  private var checkpointFailure: (any Error)?
  private var isEnding = false
  private var hasWarned = false
  /// The error of the last report of times; nil if it was written.
  private var timesFailure: (any Error)?

  private static let none = (step: -1, awaitsEvaluation: false)

  /// A recorder of a run that has done nothing yet.
  ///
  /// - Parameters:
  ///   - criterion: what makes an evaluation the best one.
  ///   - best: the best figure before this part of the run; nil if there is none.
  ///   - snapshot: memory for the state that is being written.
  ///   - write: writes a checkpoint, on a thread of its own.
  package init(
    _ observers: [any TrainingObserver], onFailure: Configuration.Checkpoint.FailurePolicy,
    console: Console, criterion: Configuration.Evaluation.Criterion = .accuracy, best: Double?,
    snapshot: TrainingState,
    write: @escaping @Sendable (TrainingState, _ isBest: Bool) throws -> Void
  ) {
    self.observers = observers
    self.onFailure = onFailure
    self.console = console
    self.criterion = criterion
    (self.best, earlierBest) = (best, best)
    let synchronize = observers.map(\.synchronize)
    writer = BackgroundCheckpointWriter(snapshot) { state, isBest in
      let recorded = Result { for synchronize in synchronize { try synchronize() } }
      if onFailure == .stop { try recorded.get() }
      try write(state, isBest)
      if case .failure(let cause) = recorded { throw CheckpointFailure(cause, in: .lines) }
    }
  }

  /// Begins the run.
  package func begin() { tell { try $0.runBegan() } }

  /// Begins an epoch, counted from 1.
  package func beginEpoch(_ number: Int) {
    epoch = number
    epochSamples = 0
    epochSeconds = 0
    epochClock = Stopwatch()
  }

  /// Takes note of a step.
  package func stepEnded(_ number: Int, _ result: StepResult) {
    epochSamples += result.samples
    let event = StepEvent(step: number, epoch: epoch, result: result)
    tell { try $0.stepEnded(event) }
    noteCheckpoint()
  }

  /// Takes note of the times of all ranks in the steps up to this one.
  package func intervalEnded(_ step: Int, _ ranks: [RankTimes]) {
    let event = IntervalEvent(step: step, ranks: ranks, stragglers: stragglers.look(ranks))
    // A full disk may have room again for the next ones, which the lines of these then precede.
    timesFailure = failure(of: { try $0.intervalEnded(event) })
  }

  /// Hands the record of the first steps to the observers.
  package func traced(_ file: [UInt8]) {
    if let error = failure(of: { try $0.traced(file) }) {
      console.warning("\(error); training goes on")
    }
  }

  /// Takes note of the end of an epoch's steps.
  package func epochEnded(_ state: TrainingState, _ gradient: StepGradient?) {
    let event = EpochEvent(
      step: state.step, epoch: epoch, parameters: state.parameters, gradient: gradient)
    tell { try $0.epochEnded(event) }
  }

  /// Ends the training of an epoch; what follows is not counted into its time.
  package func endTraining() { epochSeconds = epochClock.total }

  /// Takes note of an evaluation after `step` steps.
  package func evaluated(_ set: DatasetPart, step: Int, _ result: EvaluationResult) {
    let event = EvaluationEvent(
      set: set, step: step, epoch: epoch, result: result, seconds: epochSeconds,
      samplesPerSecond: epochSeconds > 0 ? Double(epochSamples) / epochSeconds : 0)
    tell { try $0.evaluated(event) }
  }

  /// Takes note of a fall of the learning rate by the evaluation after `step` steps.
  package func learningRateFell(after step: Int, from before: Double, to now: Double) {
    let event = LearningRateEvent(step: step, epoch: epoch, from: before, to: now)
    tell { try $0.learningRateFell(event) }
  }

  /// Takes note of an end of the run before its last epoch, for lack of better evaluations.
  package func stoppedEarly(_ event: EarlyStopEvent) { tell { try $0.stoppedEarly(event) } }

  /// Starts to write a checkpoint, unless there is one of this state already.
  ///
  /// - Parameter evaluation: the figures of this state, if it was evaluated.
  package func checkpoint(_ state: TrainingState, _ evaluation: EvaluationResult? = nil) {
    writer.finish()
    noteCheckpoint()
    let current = (step: state.step, awaitsEvaluation: state.awaitsEvaluation)
    guard current != lastCheckpoint else { return }
    let figure = evaluation.map(criterion.figure)
    let isBest = figure.map { criterion.isBetter($0, than: best) } ?? false
    earlierBest = best
    if isBest { best = figure }
    var state = state
    state.best = best
    // A run that went on from it would lack what observers could not write.
    guard tell({ try $0.flush() }) || onFailure == .continue else { return }
    lastCheckpoint = current
    checkpointFailure = nil
    writer.start(state, isBest: isBest)
  }

  /// Waits until all is written.
  ///
  /// - Parameter isLast: true if the run ends here: then the last checkpoint must be whole, and all
  ///   lines written, whatever `checkpoint.onFailure` says.
  /// - Throws: the first error in writing, if such an error ends the run.
  package func finishWriting(isLast: Bool = false) throws {
    isEnding = isLast
    writer.finish()
    noteCheckpoint()
    tell { try $0.flush() }
    if isLast { failure = failure ?? checkpointFailure }
    if let failure { throw failure }
  }

  /// Ends a run that has done all its steps.
  package func end() {
    for observer in observers { observer.runEnded() }
    if let timesFailure { console.warning("\(timesFailure): its lines are lost") }
  }

  /// Writes what is known, also after a failure.
  package func close() {
    writer.finish()
    for observer in observers { try? observer.flush() }
  }

  /// Returns whether no observer failed.
  @discardableResult
  private func tell(_ event: (any TrainingObserver) throws -> Void) -> Bool {
    var succeeded = true
    for observer in observers {
      do { try event(observer) } catch {
        keep(error)
        succeeded = false
      }
    }
    return succeeded
  }

  /// Tells the observers what a run is as good without, and returns an error of one.
  private func failure(of event: (any TrainingObserver) throws -> Void) -> (any Error)? {
    var failure: (any Error)?
    for observer in observers {
      do { try event(observer) } catch { failure = error }
    }
    return failure
  }

  /// Takes note of how the last checkpoint ended, if it has. One that failed is tried again where
  /// the next is due, be it of the same state.
  private func noteCheckpoint() {
    guard let error = writer.takeFailure() else { return }
    let failure = error as? CheckpointFailure ?? CheckpointFailure(error, in: .best)
    if failure.part == .best { best = earlierBest }
    if failure.part.rawValue <= CheckpointFailure.Part.step.rawValue { lastCheckpoint = Self.none }
    let isLoss = failure.part != .removal
    if isLoss { checkpointFailure = failure.cause }
    keep(failure.cause, isLoss: isLoss)
  }

  /// Takes note of an error: it ends the run or is said once, as `checkpoint.onFailure` has it; at
  /// the end of the run all that is lost is an error.
  private func keep(_ error: any Error, isLoss: Bool = true) {
    switch onFailure {
    case .stop: failure = failure ?? error
    case .continue where isEnding && isLoss: failure = failure ?? error
    case .continue:
      if !hasWarned {
        console.warning("\(error); training goes on (checkpoint.onFailure: continue)")
      }
      hasWarned = true
    }
  }
}
