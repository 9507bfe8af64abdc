import Cluster
import Configuration
import Datasets
import Synchronization
import Testing
import Training

/// The loop, on one rank without MPI.
@Suite("The loop that trains")
struct TrainerTests {
  let events = Events()
  let checkpoints = Events()
  let rank: LonelyRank
  let witness: Witness
  /// The progress in the last checkpoint.
  let written = Written()

  final class Written: Sendable {
    private let progress = Mutex(TrainingProgress())
    func withLock<Result>(_ body: (inout TrainingProgress) -> Result) -> Result {
      progress.withLock { body(&$0) }
    }
  }

  init() {
    rank = LonelyRank(events)
    witness = Witness(Events())
  }

  func settings(
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
  func train(
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
    #expect(witness.epochs.all == ["1 after step 3", "2 after step 6"])
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
      failure?.description.hasPrefix("after step 3 the loss on the test samples is infinite;")
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
