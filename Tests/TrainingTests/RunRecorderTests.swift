import Cluster
import Configuration
import Testing
import Training

@Suite("The record of a run")
struct RunRecorderTests {
  private let events = Events()
  private let errors = Events()
  private let witness: Witness

  init() { witness = Witness(events) }

  private func recorder(
    _ onFailure: Configuration.Checkpoint.FailurePolicy = .stop, best: Double? = nil,
    checkpointFailure: (any Error)? = nil, tries: Int = .max
  ) throws -> RunRecorder {
    RunRecorder(
      [witness], onFailure: onFailure,
      console: Console(output: { _ in }, errors: { [errors] in errors.add($0) }),
      best: best, snapshot: try tinyState()
    ) { [events] state, isBest in
      events.add("write \(state.step), best \(state.best ?? -1)\(isBest ? " now" : "")")
      let writes = events.all.filter { $0.hasPrefix("write") }
      if let checkpointFailure, writes.count <= tries { throw checkpointFailure }
    }
  }

  @Test("What observers know is on the disk before a checkpoint of that step")
  func order() throws {
    let recorder = try recorder()
    recorder.begin()
    recorder.beginEpoch(1)
    recorder.stepEnded(1, stepResult())
    recorder.endTraining()
    recorder.evaluated(.test, step: 1, evaluation(correct: 60))
    recorder.checkpoint(try tinyState(step: 1), evaluation(correct: 60))
    try recorder.finishWriting()
    recorder.end()
    #expect(
      events.all.filter { $0 != "flush" } == [
        "began", "ended step 1 of epoch 1", "evaluated test in epoch 1", "synchronize",
        "write 1, best 0.6 now", "the end",
      ])
    let flush = try #require(events.all.firstIndex(of: "flush"))
    let write = try #require(events.all.firstIndex(of: "synchronize"))
    #expect(flush < write)
  }

  @Test("The best accuracy is that of evaluated states, over all parts of a run")
  func best() throws {
    let recorder = try recorder(best: 0.55)
    for (step, correct) in [(1, 50), (2, nil), (3, 60), (4, 60)] {
      recorder.checkpoint(try tinyState(step: step), correct.map { evaluation(correct: $0) })
    }
    try recorder.finishWriting()
    #expect(
      events.all.filter { $0.hasPrefix("write") } == [
        "write 1, best 0.55", "write 2, best 0.55", "write 3, best 0.6 now", "write 4, best 0.6",
      ])
  }

  @Test("By the loss, the best evaluation is the lowest")
  func bestLoss() throws {
    let events = events
    let recorder = RunRecorder(
      [witness], onFailure: .stop, console: Console(output: { _ in }, errors: { _ in }),
      criterion: .loss, best: 0.6, snapshot: try tinyState()
    ) { state, isBest in
      events.add("write \(state.step), best \(state.best ?? -1)\(isBest ? " now" : "")")
    }
    for (step, lossSum) in [(1, 70.0), (2, 50), (3, 50), (4, 40)] {
      recorder.checkpoint(
        try tinyState(step: step), evaluation(correct: 90 - step, lossSum: lossSum))
    }
    try recorder.finishWriting()
    #expect(
      events.all.filter { $0.hasPrefix("write") } == [
        "write 1, best 0.6", "write 2, best 0.5 now", "write 3, best 0.5", "write 4, best 0.4 now",
      ])
  }

  @Test("A step has one checkpoint")
  func once() throws {
    let recorder = try recorder()
    for _ in 0..<2 { recorder.checkpoint(try tinyState(step: 3)) }
    try recorder.finishWriting()
    #expect(events.all.filter { $0.hasPrefix("write") }.count == 1)
  }

  @Test("A checkpoint that cannot be written is a failure, but only when somebody asks")
  func stop() throws {
    let recorder = try recorder(checkpointFailure: Broken(description: "no space"))
    recorder.checkpoint(try tinyState(step: 1))
    let error = #expect(throws: Broken.self) { try recorder.finishWriting() }
    #expect(error?.description == "no space" && recorder.failure != nil)
    #expect(errors.all.isEmpty)
  }

  @Test("The first checkpoint that cannot be written is a failure after the next step")
  func surfacing() throws {
    let recorder = try recorder(checkpointFailure: Broken(description: "no space"))
    recorder.checkpoint(try tinyState(step: 1))
    #expect(recorder.failure == nil)
    // Waits for the one before.
    recorder.checkpoint(try tinyState(step: 2))
    recorder.stepEnded(3, stepResult())
    #expect((recorder.failure as? Broken)?.description == "no space")
  }

  @Test("A checkpoint is not written that is ahead of what observers could write")
  func lostLines() throws {
    let recorder = try recorder()
    witness.flushFailure = Broken(description: "no space")
    recorder.checkpoint(try tinyState(step: 1))
    let flushing = #expect(throws: Broken.self) { try recorder.finishWriting() }
    #expect(flushing?.description == "no space")

    let other = RunRecorderTests()
    other.witness.synchronizeFailure = Broken(description: "the disk is gone")
    let second = try other.recorder()
    second.checkpoint(try tinyState(step: 1))
    let synchronizing = #expect(throws: Broken.self) { try second.finishWriting() }
    #expect(synchronizing?.description == "the disk is gone")
    #expect(!(events.all + other.events.all).contains { $0.hasPrefix("write") })
  }

  @Test("Where the run is to go on, errors in writing are said once")
  func goOn() throws {
    let recorder = try recorder(.continue, checkpointFailure: Broken(description: "no space"))
    witness.flushFailure = Broken(description: "no space either")
    for step in 1...3 { recorder.checkpoint(try tinyState(step: step)) }
    try recorder.finishWriting()
    #expect(recorder.failure == nil)
    // At its end a run without its last checkpoint has failed all the same.
    let last = #expect(throws: Broken.self) { try recorder.finishWriting(isLast: true) }
    #expect(last?.description == "no space either")
    #expect(errors.all.count == 1)
    #expect(
      errors.all.first
        == "lockstep: warning: no space either; training goes on (checkpoint.onFailure: continue)\n"
    )
  }

  @Test("A checkpoint that could not be written is tried again, and is the best still")
  func tryAgain() throws {
    let recorder = try recorder(
      .continue, checkpointFailure: Broken(description: "no space"), tries: 1)
    for _ in 1...3 {
      recorder.checkpoint(try tinyState(step: 1), evaluation(correct: 60))
      try recorder.finishWriting()
    }
    try recorder.finishWriting(isLast: true)
    #expect(
      events.all.filter { $0.hasPrefix("write") }
        == [String](repeating: "write 1, best 0.6 now", count: 2))
  }

  @Test(
    "What a failure costs depends on what was written before it",
    arguments: [
      (CheckpointFailure.Part.step, ["3, best 0.6 now", "3, best 0.6", "4, best 0.6"]),
      (.lines, ["3, best 0.6 now", "4, best 0.6"]), (.removal, ["3, best 0.6 now", "4, best 0.6"]),
    ])
  func parts(_ part: CheckpointFailure.Part, _ writes: [String]) throws {
    let broken = Broken(description: "no space")
    let recorder = try recorder(.continue, checkpointFailure: CheckpointFailure(broken, in: part))
    for _ in 1...2 {
      recorder.checkpoint(try tinyState(step: 3), evaluation(correct: 60))
      try recorder.finishWriting()
    }
    recorder.checkpoint(try tinyState(step: 4), evaluation(correct: 50))
    #expect(errors.all.count == 1)
    if part == .removal {
      try recorder.finishWriting(isLast: true)
    } else {
      let error = #expect(throws: Broken.self) { try recorder.finishWriting(isLast: true) }
      #expect(error?.description == "no space")
    }
    #expect(
      events.all.filter { $0.hasPrefix("write") } == writes.map { "write " + $0 })
    #expect(errors.all.count == 1)
  }

  @Test("What is known is flushed when the run is closed after a failure")
  func closing() throws {
    let recorder = try recorder()
    recorder.stepEnded(1, stepResult())
    recorder.close()
    #expect(events.all == ["ended step 1 of epoch 0", "flush"])
  }
}
