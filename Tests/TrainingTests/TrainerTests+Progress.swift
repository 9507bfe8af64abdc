import Cluster
import Configuration
import Testing
import Training

// The loop where evaluations steer it: early stopping, and a learning rate that falls on a plateau.

extension TrainerTests {
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

  @Test("Each figure may decide, and a class of few samples weighs as much in the balanced ones")
  func figures() throws {
    let result = EvaluationResult(
      lossSum: 50, confusion: ConfusionMatrix(counts: [[80, 0], [10, 10]]))
    let figures = Configuration.Evaluation.Criterion.allCases.map { $0.figure(of: result) }
    // scikit-learn's balanced_accuracy_score and f1_score(average="macro"): (16/17 + 2/3) / 2.
    for (figure, expected) in zip(figures, [0.9, 0.75, 0.803_921_568_627_451, 0.5]) {
      #expect(abs(figure - expected) < 1e-15, "\(figures)")
    }
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
}
