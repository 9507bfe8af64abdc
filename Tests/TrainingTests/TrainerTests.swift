import Cluster
import Configuration
import Datasets
import Synchronization
import Testing
import Training

/// The loop, on one rank without MPI.
@Suite("The loop that trains")
struct TrainerTests {
  private let events = Events()
  private let checkpoints = Events()
  private let rank: LonelyRank
  private let witness: Witness
  /// The progress in the last checkpoint.
  private let written = Written()

  private final class Written: Sendable {
    private let progress = Mutex(TrainingProgress())
    func withLock<Result>(_ body: (inout TrainingProgress) -> Result) -> Result {
      progress.withLock { body(&$0) }
    }
  }

  init() {
    rank = LonelyRank(events)
    witness = Witness(Events())
  }

  private func settings(
    epochs: Int = 2, lastStep: Int? = nil, verifyEvery: VerifyEvery = .epoch,
    checkpointEvery: Int = 0, finalSet: DatasetPart? = nil, logEvery: Int = 2, tracedSteps: Int = 0,
    rules: ProgressRules? = nil
  ) -> Trainer.Settings {
    Trainer.Settings(
      stepsPerEpoch: 3, epochs: epochs, lastStep: lastStep, verifyEvery: verifyEvery,
      checkpointEvery: checkpointEvery, evaluatedSet: finalSet == nil ? .test : .validation,
      finalSet: finalSet, logEvery: logEvery, tracedSteps: tracedSteps, rules: rules)
  }

  /// Trains from `step`, and returns the last step.
  @discardableResult
  private func train(
    _ settings: Trainer.Settings, from step: Int = 0, awaitsEvaluation: Bool = false,
    progress: TrainingProgress = TrainingProgress(),
    onFailure: Configuration.Checkpoint.FailurePolicy = .stop, checkpointFailure: Broken? = nil,
    isInterrupted: @escaping () -> Bool = { false }
  ) throws -> Int {
    let recorder = RunRecorder(
      [witness], onFailure: onFailure, console: Console(output: { _ in }, errors: { _ in }),
      best: nil, snapshot: try tinyState()
    ) { [checkpoints, events, written] state, isBest in
      written.withLock { $0 = state.progress }
      checkpoints.add(
        "\(state.step)\(state.awaitsEvaluation ? " pending" : "")\(isBest ? " best" : "")")
      if let checkpointFailure { throw checkpointFailure }
      if state.awaitsEvaluation { events.add("safe \(state.step)") }
    }
    defer { recorder.close() }
    var state = try tinyState(step: step)
    (state.awaitsEvaluation, state.progress) = (awaitsEvaluation, progress)
    var trainer = Trainer(settings, rank, recorder, state, isInterrupted: isInterrupted)
    try trainer.run()
    return trainer.state.step
  }

  @Test("Each epoch is steps, a comparison of the replicas, a checkpoint, and an evaluation")
  func epochs() throws {
    rank.correct = [70, 60]
    #expect(try train(settings()) == 6)
    #expect(
      events.all == [
        "epoch 0", "step 1", "step 2", "step 3", "verify 3", "safe 3", "evaluate test",
        "epoch 1", "step 4", "step 5", "step 6", "verify 6", "safe 6", "evaluate test",
      ])
    #expect(checkpoints.all == ["3 pending", "3 best", "6 pending", "6"])
    #expect(
      witness.events.all.filter { $0 != "synchronize" && $0 != "flush" } == [
        "ended step 1 of epoch 1", "ended step 2 of epoch 1", "ended step 3 of epoch 1",
        "evaluated test in epoch 1",
        "ended step 4 of epoch 2", "ended step 5 of epoch 2", "ended step 6 of epoch 2",
        "evaluated test in epoch 2",
      ])
  }

  @Test("Replicas are compared, and checkpoints written, every so many steps")
  func intervals() throws {
    try train(settings(verifyEvery: .steps(2), checkpointEvery: 2))
    #expect(events.all.filter { $0.hasPrefix("verify") } == ["verify 2", "verify 4", "verify 6"])
    #expect(checkpoints.all == ["2", "3 pending", "3 best", "4", "6 pending", "6"])
    let others = TrainerTests()
    try others.train(settings(verifyEvery: .steps(0)))
    #expect(!others.events.all.contains { $0.hasPrefix("verify") })
  }

  @Test("The times of the ranks are reported every so many steps, and at the end of each epoch")
  func times() throws {
    try train(settings(lastStep: 4))
    #expect(rank.reports.all == ["times of 2", "times of 1", "times of 1"])
    #expect(
      witness.reports.all == [
        "times up to step 2", "times up to step 3", "times up to step 4",
      ])
  }

  @Test(
    "The record of the first steps is collected when it is complete, or when the run ends",
    arguments: [(0, 4), (2, 4), (0, 10), (5, 3)])
  func trace(start: Int, traced: Int) throws {
    try train(settings(logEvery: 9, tracedSteps: traced), from: start)
    let traces = rank.reports.all.filter { $0.hasPrefix("trace") }
    #expect(traces == ["trace after step \(min(start + traced, 6))"])
    #expect(witness.reports.all.contains("trace [1]"))
  }

  @Test("A report that cannot be written is no reason to end a run")
  func lostReport() throws {
    witness.reportFailure = Broken(description: "the disk is full")
    #expect(try train(settings()) == 6)
  }

  @Test("A run that ends within an epoch is evaluated there, and its best one is that of an epoch")
  func shortRun() throws {
    rank.correct = [50, 90]
    #expect(try train(settings(lastStep: 4)) == 4)
    #expect(
      events.all.suffix(5) == ["epoch 1", "step 4", "verify 4", "safe 4", "evaluate test"])
    #expect(checkpoints.all == ["3 pending", "3 best", "4 pending", "4"])
  }

  @Test("A run goes on in the middle of an epoch, and does nothing after its last step")
  func resuming() throws {
    #expect(try train(settings(), from: 4) == 6)
    #expect(events.all == ["epoch 1", "step 5", "step 6", "verify 6", "safe 6", "evaluate test"])
    let finished = TrainerTests()
    #expect(try finished.train(settings(), from: 6) == 6)
    #expect(finished.events.all.isEmpty && finished.checkpoints.all.isEmpty)
  }

  @Test("The test set is left alone until the last epoch where samples are held out")
  func finalEvaluation() throws {
    try train(settings(finalSet: .test))
    #expect(
      events.all.filter { $0.hasPrefix("evaluate") } == [
        "evaluate validation", "evaluate validation", "evaluate test",
      ])
  }

  /// The rules of a run whose learning rate is halved when the second evaluation in a row is no better.
  private func rules(_ settings: String...) throws -> ProgressRules {
    let configuration = try Configuration(
      yaml: """
        data: {validation: 9}
        schedule: {decay: reduce-on-plateau, patience: 1, stepFactor: 0.5}
        optimizer: {learningRate: 0.5}
        """, source: "test", settings: ["train.epochs=8"] + settings)
    return try #require(ProgressRules(configuration, stepsPerEpoch: 3))
  }

  @Test("A run ends when its evaluations become no better, and evaluates the test set then")
  func earlyStop() throws {
    rank.correct = [50, 60, 60, 61, 90]
    let rules = try rules("train.earlyStopping=2", "train.earlyStoppingDelta=0.02")
    #expect(try train(settings(epochs: 8, finalSet: .test, rules: rules)) == 12)
    #expect(
      events.all.suffix(4) == ["verify 12", "safe 12", "evaluate validation", "evaluate test"])
    #expect(checkpoints.all.suffix(2) == ["12 pending", "12 best"])
    #expect(
      witness.events.all.contains("stopped early in epoch 4, the best was 0.6 in epoch 2"))
    #expect(written.withLock { $0.stopping.evaluationsSince } == 2)
  }

  @Test("A run that was stopped early does no more, unless with more patience, and says so")
  func stopped() throws {
    rank.correct = [50, 60, 60, 60, 70, 70]
    let impatient = settings(epochs: 8, finalSet: .test, rules: try rules("train.earlyStopping=2"))
    #expect(try train(impatient) == 12)
    let progress = written.withLock { $0 }
    let again = TrainerTests()
    #expect(try again.train(impatient, from: 12, progress: progress) == 12)
    #expect(again.events.all.isEmpty && again.checkpoints.all.isEmpty)
    #expect(
      again.witness.events.all.filter { $0 != "flush" } == [
        "stopped early in epoch 4, the best was 0.6 in epoch 2"
      ])

    let patient = TrainerTests()
    patient.rank.correct = [70, 70]
    let settings = settings(epochs: 8, finalSet: .test, rules: try rules("train.earlyStopping=3"))
    #expect(try patient.train(settings, from: 12, progress: progress) == 24)
    #expect(!patient.witness.events.all.contains { $0.hasPrefix("stopped") })
  }

  @Test("The last epoch of a run is no early end")
  func lastEpoch() throws {
    let rules = try rules("train.earlyStopping=2")
    #expect(try train(settings(epochs: 3, rules: rules)) == 9)
    #expect(!witness.events.all.contains { $0.hasPrefix("stopped") })
  }

  @Test("The learning rate falls with the evaluations, and a resumed run goes on with the count")
  func plateau() throws {
    rank.correct = [60, 50, 50, 40, 40, 40, 70, 70]
    let settings = settings(epochs: 8, rules: try rules())
    #expect(try train(settings) == 24)
    let falls = witness.events.all.filter { $0.hasPrefix("rate") }
    #expect(
      falls == ["rate 0.5 to 0.25 in epoch 3", "rate 0.25 to 0.125 in epoch 5"])
    #expect(written.withLock { $0.reductions } == 2)

    // The first part ends in the fifth epoch, with one evaluation after the first fall.
    let parts = TrainerTests()
    parts.rank.correct = [60, 50, 50, 40, 40]
    let first = parts.settings(epochs: 8, lastStep: 14, rules: try rules())
    #expect(try parts.train(first) == 14)
    let progress = parts.written.withLock { $0 }
    #expect(progress.reductions == 1 && progress.plateau.evaluationsSince == 1)
    let second = TrainerTests()
    second.rank.correct = [40, 40, 70, 70]
    #expect(try second.train(settings, from: 14, progress: progress) == 24)
    #expect(
      second.witness.events.all.filter { $0.hasPrefix("rate") } == ["rate 0.25 to 0.125 in epoch 5"]
    )
    #expect(second.written.withLock { $0 } == written.withLock { $0 })
  }

  @Test("An evaluation that is done again after an interruption counts once")
  func countedOnce() throws {
    rank.correct = [60, 50]
    rank.interruptedEvaluation = .test
    let rules = try rules("train.earlyStopping=1")
    _ = #expect(throws: JobFailure.self) {
      try train(settings(epochs: 8, finalSet: .test, rules: rules))
    }
    let progress = written.withLock { $0 }
    #expect(progress.stopping.best == 0.6 && progress.stopping.evaluationsSince == 0)
    let resumed = TrainerTests()
    resumed.rank.correct = [50]
    #expect(
      try resumed.train(
        settings(epochs: 8, finalSet: .test, rules: rules), from: 6, awaitsEvaluation: true,
        progress: progress) == 6)
    #expect(resumed.written.withLock { $0.stopping.evaluationsSince } == 1)
  }

  @Test("The loss may decide instead, of which the lower is better")
  func loss() throws {
    let rules = try rules("evaluation.criterion=loss", "train.earlyStopping=2")
    var progress = TrainingProgress()
    for (loss, since) in [(0.5, 0), (0.4, 0), (0.45, 1), (0.4, 2)] {
      #expect(!rules.stops(progress))
      rules.note(loss, in: &progress)
      #expect(progress.stopping.evaluationsSince == since)
    }
    #expect(rules.stops(progress) && progress.stopping.best == 0.4 && progress.reductions == 1)
    #expect(ProgressRules(Configuration(), stepsPerEpoch: 3)?.patience == nil)
  }

  @Test("A signal ends the run after the step, with a checkpoint, and with 75")
  func interruption() throws {
    rank.interruptedAt = 2
    let failure = #expect(throws: JobFailure.self) { try train(settings()) }
    #expect(failure?.exitStatus == 75)
    #expect(failure?.description.hasPrefix("interrupted after step 2, which is in a") == true)
    #expect(events.all == ["epoch 0", "step 1", "step 2"])
    #expect(checkpoints.all == ["2"])
  }

  @Test("A signal to this rank is said with the next step, which is the last")
  func ownSignal() throws {
    let failure = #expect(throws: JobFailure.self) {
      try train(settings(), isInterrupted: { [events] in events.all.contains("step 1") })
    }
    #expect(failure?.exitStatus == 75)
    #expect(events.all == ["epoch 0", "step 1", "step 2"])
    #expect(checkpoints.all == ["2"])
  }

  @Test("A signal before or in an evaluation leaves it to the resumed run", arguments: [3, nil])
  func interruptedEvaluation(_ step: Int?) throws {
    rank.interruptedAt = step
    rank.interruptedEvaluation = .test
    let failure = #expect(throws: JobFailure.self) { try train(settings(finalSet: .test)) }
    #expect(failure?.exitStatus == 75)
    let last = step ?? 6
    #expect(failure?.description.hasPrefix("interrupted after step \(last), which is in a") == true)
    #expect(checkpoints.all.last == "\(last) pending")

    let resumed = TrainerTests()
    #expect(try resumed.train(settings(finalSet: .test), from: last, awaitsEvaluation: true) == 6)
    #expect(resumed.events.all.first == "evaluate validation")
    #expect(resumed.witness.events.all.first == "evaluated validation in epoch \(last / 3)")
    #expect(resumed.checkpoints.all.first == "\(last) best")
    #expect(resumed.events.all.filter { $0 == "evaluate test" }.count == 1)
  }

  @Test("A run that ended within an epoch, interrupted in its evaluation, is not evaluated there")
  func longerRun() throws {
    try train(settings(), from: 2, awaitsEvaluation: true)
    #expect(events.all.first == "epoch 0")
    #expect(checkpoints.all.first == "3 pending")
  }

  @Test("What cannot be written ends the run on all ranks after the step that tells them of it")
  func lostRecord() throws {
    witness.stepFailure = Broken(description: "the disk is full")
    let failure = #expect(throws: JobFailure.self) { try train(settings()) }
    #expect(failure == JobFailure("the disk is full"))
    #expect(events.all == ["epoch 0", "step 1", "step 2"])
  }

  @Test(
    "Where the training goes on without checkpoints, its end still needs one", arguments: [2, nil])
  func lostCheckpoint(_ interruptedAt: Int?) throws {
    let failure = #expect(throws: JobFailure.self) {
      try train(
        settings(), onFailure: .continue,
        checkpointFailure: Broken(description: "the disk is full")
      ) { [events] in interruptedAt.map { events.all.contains("step \($0 - 1)") } ?? false }
    }
    #expect(failure == JobFailure("the disk is full"))
    #expect(events.all.contains("step 6") == (interruptedAt == nil))
  }

  @Test("An evaluation that is not finite is a divergence, and is not recorded")
  func divergence() throws {
    rank.lossSum = .infinity
    let failure = #expect(throws: JobFailure.self) { try train(settings()) }
    #expect(failure?.isDivergence == true)
    #expect(
      failure?.description.hasPrefix("after step 3 the loss on the test images is infinite;")
        == true)
    #expect(!witness.events.all.contains { $0.hasPrefix("evaluated") })
    #expect(checkpoints.all == ["3 pending"])
  }

  @Test("Ranks that differ from most are in the minority; of two, the first is right")
  func minority() {
    #expect(TrainingState.minority([[1], [1], [1]]).isEmpty)
    #expect(TrainingState.minority([[2], [1], [1]]) == [0])
    #expect(TrainingState.minority([[1], [2]]) == [1])
    #expect(TrainingState.minority([[1], [2], [1], [3]]) == [1, 3])
  }
}
