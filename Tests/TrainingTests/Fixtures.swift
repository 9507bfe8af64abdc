import Cluster
import Configuration
import Datasets
import Foundation
import Networks
import Synchronization
import Tensors
import Training

/// A list of what happened, on any thread.
final class Events: Sendable {
  private let list = Mutex<[String]>([])
  var all: [String] { list.withLock { $0 } }
  func add(_ event: String) { list.withLock { $0.append(event) } }
}

struct Broken: Error, CustomStringConvertible {
  let description: String
}

/// The state of a classifier of one unit.
func tinyState(step: Int = 0) throws -> TrainingState {
  var configuration = Configuration()
  configuration.model.hidden = 1
  configuration.model.layers = 1
  let shape = configuration.classifierShape(inputSize: 1)
  var state = try TrainingState(ParameterLayout(shape), slotCount: 0)
  state.step = step
  return state
}

/// The result of a step on two samples.
func stepResult(_ signals: StepSignals = StepSignals(isInterrupted: false)) -> StepResult {
  StepResult(
    loss: 0.5, learningRate: 0.1, gradientNorm: 2, samples: 2, signals: signals, times: StepTimes())
}

/// The result of an evaluation of 100 samples.
func evaluation(correct: Int, lossSum: Double = 50) -> EvaluationResult {
  EvaluationResult(
    lossSum: lossSum, confusion: ConfusionMatrix(counts: [[correct, 100 - correct], [0, 0]]))
}

/// An observer that notes what it is told, and fails where it is asked to.
final class Witness: TrainingObserver {
  let events: Events
  /// What it was told of the ranks' times.
  let reports = Events()
  /// The epochs whose steps it was told were done.
  let epochs = Events()
  var stepFailure: Broken?
  var reportFailure: Broken?
  var flushFailure: Broken?
  var synchronizeFailure: Broken?

  init(_ events: Events) { self.events = events }

  func runBegan() { events.add("began") }
  func stepEnded(_ step: StepEvent) throws {
    events.add("ended step \(step.step) of epoch \(step.epoch)")
    if let stepFailure { throw stepFailure }
  }
  func intervalEnded(_ interval: IntervalEvent) throws {
    reports.add("times up to step \(interval.step)")
    if let reportFailure { throw reportFailure }
  }
  func traced(_ file: [UInt8]) { reports.add("trace \(file)") }
  func epochEnded(_ epoch: EpochEvent) {
    epochs.add("\(epoch.epoch) after step \(epoch.step)")
  }
  func evaluated(_ evaluation: EvaluationEvent) {
    events.add("evaluated \(evaluation.set) in epoch \(evaluation.epoch)")
  }
  func learningRateFell(_ fall: LearningRateEvent) {
    events.add("rate \(fall.from) to \(fall.to) in epoch \(fall.epoch)")
  }
  func stoppedEarly(_ stop: EarlyStopEvent) {
    events.add(
      "stopped early in epoch \(stop.epoch), the best was \(stop.best) in epoch \(stop.bestEpoch)")
  }
  func flush() throws {
    events.add("flush")
    if let flushFailure { throw flushFailure }
  }
  var synchronize: @Sendable () throws -> Void {
    { [events, synchronizeFailure] in
      events.add("synchronize")
      if let synchronizeFailure { throw synchronizeFailure }
    }
  }
  func runEnded() { events.add("the end") }
}

/// A rank alone, without MPI, whose steps do nothing but count.
final class LonelyRank: TrainingOperations {
  let events: Events
  /// What was reported of the ranks' times.
  let reports = Events()
  /// The step in which another rank says that a signal came to it.
  var interruptedAt: Int?
  private var lastStep = 0
  var correct = [50]
  var lossSum = 50.0
  /// The set whose evaluation a signal interrupts.
  var interruptedEvaluation: DatasetPart?

  init(_ events: Events) { self.events = events }

  func orders(epoch: Int) -> [EpochOrder] {
    events.add("epoch \(epoch)")
    return []
  }

  func runStep(
    _ state: inout TrainingState, orders: [EpochOrder], signals: StepSignals
  ) -> StepResult {
    state.step += 1
    lastStep = state.step
    events.add("step \(state.step)")
    return stepResult(
      StepSignals(
        isInterrupted: signals.isInterrupted || state.step == interruptedAt,
        cannotWrite: signals.cannotWrite))
  }

  func share(_ figure: Double?) -> Double { figure ?? 0 }

  func gather(_ times: RankTimes) -> [RankTimes]? {
    reports.add("times of \(Int(times.steps))")
    return [times]
  }

  func collectTrace() -> [UInt8]? {
    reports.add("trace after step \(lastStep)")
    return [1]
  }

  func verifyReplicas(_ state: TrainingState) { events.add("verify \(state.step)") }

  func evaluate(_ set: DatasetPart, _ state: TrainingState) throws -> EvaluationResult? {
    events.add("evaluate \(set)")
    if set == interruptedEvaluation { throw JobFailure.interruption }
    return evaluation(
      correct: correct.count > 1 ? correct.removeFirst() : correct[0], lossSum: lossSum)
  }

  func onRoot(_ body: () throws -> Void) throws {
    do { try body() } catch { throw JobFailure(error) }
  }
}
