import Cluster
import Reports
import Synchronization
import Tensors
import Testing
import Training

@Suite("A run on the console")
struct ConsoleObserverTests {
  private final class Written: Sendable {
    private let text = Mutex("")
    var lines: [String] { text.withLock { $0.split(separator: "\n").map(String.init) } }
    func write(_ more: String) { text.withLock { $0 += more } }
  }

  private let output = Written()
  private let errors = Written()

  private func observer(
    stepsDone: Int = 0, beginsWithEvaluation: Bool = false
  ) -> ConsoleObserver {
    let console = Console(
      output: { [output] in output.write($0) }, errors: { [errors] in errors.write($0) })
    let run = trainingRun(stepsDone: stepsDone, beginsWithEvaluation: beginsWithEvaluation)
    return ConsoleObserver(run, console, terminal: nil)
  }

  @Test("It begins with the job, the data and the model")
  func beginning() {
    observer(stepsDone: 20).runBegan()
    #expect(
      errors.lines == [
        "lockstep: 4 ranks on 2 hosts, 1-2 threads a rank; AVX-512, fp32",
        "lockstep: gradients are summed somehow",
        "lockstep: 900 training, 100 validation and 50 test images of 28 x 20 pixels from "
          + "/usr/share/datasets/fashion-mnist, in 16 shards",
        "lockstep: LSTM of 2 layers of 128 units, 1234 parameters; steps 21 to 50, 10 an epoch; "
          + "writing to runs/x",
      ])
    #expect(output.lines.isEmpty)
  }

  @Test("Some steps and all evaluations are a line each, and the last accuracy ends it")
  func lines() {
    let observer = observer()
    for number in 1...10 { observer.stepEnded(step(number)) }
    observer.evaluated(evaluated(.validation, after: 10, epoch: 1))
    observer.runEnded()
    #expect(
      output.lines == [
        "Epoch [1/5], Step [4/10], Loss: 0.5000", "Epoch [1/5], Step [8/10], Loss: 0.5000",
        "Epoch [1/5], Validation loss: 0.2500, Validation accuracy: 75.00 %, 4.0 s, 250 samples/s",
        "Accuracy of the model on the validation images: 75.00 %",
      ])
    #expect(errors.lines.isEmpty)
  }

  @Test("What follows from evaluations is a line each, with the reason")
  func control() {
    let observer = observer(stepsDone: 20)
    observer.learningRateFell(LearningRateEvent(step: 20, epoch: 2, from: 0.001, to: 0.0001))
    observer.stoppedEarly(earlyStop())
    observer.stoppedEarly(earlyStop(delta: 0.002))
    observer.stoppedEarly(earlyStop(.loss, delta: 0.002))
    observer.stoppedEarly(earlyStop(.balancedAccuracy))
    observer.runEnded()
    observer.evaluated(evaluated(.test, after: 20, epoch: 2))
    observer.runEnded()
    #expect(
      output.lines == [
        "Epoch [2/5], the learning rate falls from 0.001 to 0.0001: no better test accuracy for 11 "
          + "epochs",
        "Epoch [2/5], stopped early: for 1 epoch the validation accuracy was never above the 75.00 % "
          + "of epoch 1 (train.earlyStopping: 1); best.safetensors is the best",
        "Epoch [2/5], stopped early: for 1 epoch the validation accuracy was never more than 0.20 % "
          + "above the 75.00 % of epoch 1 (train.earlyStopping: 1); best.safetensors is the best",
        "Epoch [2/5], stopped early: for 1 epoch the validation loss was never more than 0.0020 below "
          + "the 0.7500 of epoch 1 (train.earlyStopping: 1); best.safetensors is the best",
        "Epoch [2/5], stopped early: for 1 epoch the validation balanced accuracy was never above the "
          + "75.00 % of epoch 1 (train.earlyStopping: 1); best.safetensors is the best",
        "Nothing to do: the run was stopped early; a higher train.earlyStopping, or 0, lets it go on.",
        "Epoch [2/5], Test loss: 0.2500, Test accuracy: 75.00 %, 4.0 s, 250 samples/s",
        "Accuracy of the model on the test images: 75.00 % after the last epoch",
      ])
  }

  @Test("A rank that is slower than the others is named with its host and what is known of it")
  func straggler() {
    let observer = observer()
    let stragglers = [["it is tired", "it is ill"], []].map {
      Straggler(rank: 2, excess: 0.337, steps: 300, causes: $0)
    }
    observer.intervalEnded(IntervalEvent(step: 300, ranks: [], stragglers: stragglers))
    let start =
      "lockstep: warning: rank 2 on b takes 34 % longer for a sample than the others, for 300 steps "
      + "now, and they wait for it: "
    #expect(
      errors.lines == [
        start + "it is tired; it is ill",
        start + "no quota, swapped memory or other process explains it; lockstep doctor compares "
          + "the hosts",
      ])
  }

  @Test("A run that lacks its last evaluation does that, and claims no speed for it")
  func evaluation() {
    let observer = observer(stepsDone: 50, beginsWithEvaluation: true)
    observer.runBegan()
    #expect(errors.lines.last?.contains("; no steps but an evaluation to do, ") == true)
    observer.evaluated(
      EvaluationEvent(
        set: .test, step: 50, epoch: 5,
        result: EvaluationResult(
          lossSum: 50, confusion: ConfusionMatrix(counts: [[75, 25], [25, 75]])), seconds: 0,
        samplesPerSecond: 0))
    observer.runEnded()
    #expect(
      output.lines == [
        "Epoch [5/5], Test loss: 0.2500, Test accuracy: 75.00 %",
        "Accuracy of the model on the test images: 75.00 %",
      ])
  }

  @Test("A run that was complete says so")
  func nothing() {
    let observer = observer(stepsDone: 50)
    observer.runBegan()
    #expect(errors.lines.last?.contains("parameters; no steps to do, 10 an epoch") == true)
    observer.runEnded()
    #expect(
      output.lines == [
        "Nothing to do: the checkpoint is at step 50, and the run ends with step 50."
      ])
  }
}
