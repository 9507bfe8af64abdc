import Configuration
import Testing

@Suite("Settings without effect")
struct SettingsWithoutEffectTests {
  @Test(
    "Each is said, with its key",
    arguments: [
      ("schedule: {warmupSteps: 31}", "schedule.warmupSteps is 31, and the training has 30 steps"),
      (
        "schedule: {warmupEpochs: 3.1}",
        "schedule.warmupEpochs makes 31 steps of warm-up, and the training has 30 steps: "
          + "the learning rate never reaches optimizer.learningRate"
      ),
      (
        "train: {baseBatch: 50}\noptimizer: {scaling: linear}\nschedule: {warmupEpochs: 1.6}",
        "makes 32 steps of warm-up, and the training has 30 steps: the learning rate never reaches "
          + "optimizer.learningRate as optimizer.scaling makes it"
      ),
      ("train: {baseBatch: 100}", "train.baseBatch is 100, which has no effect"),
      (
        "schedule: {stepEpochs: 2}", "schedule.stepEpochs is 2, which has no effect: schedule.decay"
      ),
      ("schedule: {stepFactor: 0.5}", "schedule.stepFactor is 0.5"),
      ("schedule: {decay: step, floor: 0.5}", "schedule.floor is 0.5"),
      ("schedule: {decay: cosine, floor: 1}", "schedule.decay is cosine"),
      ("schedule: {decay: step, stepFactor: 1}", "schedule.decay is step"),
      ("schedule: {decay: step, stepEpochs: 3}", "the training has 3 epochs"),
      ("optimizer: {kind: adamw}", "optimizer.kind is adamw"),
      ("optimizer: {momentum: 0.9}", "optimizer.momentum is 0.9, which has no effect"),
      ("optimizer: {nesterov: true}", "optimizer.nesterov is true, which has no effect"),
      ("optimizer: {kind: sgd, beta1: 0.8}", "optimizer.beta1 is 0.8, which has no effect"),
      ("optimizer: {kind: sgd, beta2: 0.8}", "optimizer.beta2 is 0.8"),
      (
        "optimizer: {kind: sgd, epsilon: 1e-6}",
        "optimizer.epsilon is 1e-06, which has no effect: optimizer.kind is sgd"
      ),
      ("schedule: {patience: 3}", "schedule.patience is 3, which has no effect: schedule.decay"),
      ("schedule: {threshold: 0.1}", "schedule.threshold is 0.1"),
      (
        "schedule: {decay: reduce-on-plateau, patience: 1}\ndata: {validation: 9}",
        "schedule.decay is reduce-on-plateau, which has no effect: the training has 3 epochs, and "
          + "schedule.patience is 1"
      ),
      (
        "schedule: {decay: reduce-on-plateau, patience: 0, floor: 1}\ndata: {validation: 9}",
        "with schedule.floor: 1"
      ),
      (
        "schedule: {decay: reduce-on-plateau, patience: 0, stepFactor: 1}\ndata: {validation: 9}",
        "with schedule.stepFactor: 1"
      ),
      (
        "train: {earlyStopping: 2}\ndata: {validation: 9}",
        "train.earlyStopping is 2, which has no effect: the training has 3 epochs"
      ),
      ("train: {earlyStoppingDelta: 0.1}", "train.earlyStoppingDelta is 0.1, which has no effect"),
      (
        "train: {recompute: always}",
        "train.recompute is always, which has no effect: up to 28 time steps make one segment"
      ),
      ("train: {verifyEvery: 31}", "train.verifyEvery is 31"),
      ("checkpoint: {everySteps: 31}", "checkpoint.everySteps is 31"),
      ("log: {every: 31}", "log.every is 31"),
    ])
  func vain(yaml: String, sentence: String) throws {
    let configuration = try Configuration(
      yaml: yaml, source: "test", settings: ["train.epochs=3"])
    let sentences = configuration.settingsWithoutEffect(stepsPerEpoch: 10, timeSteps: 28)
    #expect(sentences.count == 1 && sentences[0].contains(sentence), "\(sentences)")
  }

  @Test(
    "Settings that have one are not",
    arguments: [
      "", "schedule: {warmupSteps: 30}", "schedule: {warmupEpochs: 3}",
      "train: {baseBatch: 50}\nschedule: {warmupEpochs: 1.5}",
      "train: {baseBatch: 50}\noptimizer: {scaling: linear}",
      "schedule: {decay: step, stepEpochs: 2, stepFactor: 0.5}",
      "schedule: {decay: linear, floor: 0.5}", "optimizer: {kind: adamw, weightDecay: 0.1}",
      "optimizer: {kind: sgd, momentum: 0.9, nesterov: true}",
      "schedule: {decay: reduce-on-plateau, patience: 0, floor: 0.1, threshold: 0}\n"
        + "data: {validation: 9}",
      "train: {earlyStopping: 1, earlyStoppingDelta: 0.1}\ndata: {validation: 9}",
      "train: {recompute: always}", "train: {verifyEvery: 30}",
      "checkpoint: {everySteps: 30}", "log: {every: 30}",
    ])
  func useful(yaml: String) throws {
    let configuration = try Configuration(
      yaml: yaml, source: "test", settings: ["train.epochs=3"])
    #expect(configuration.settingsWithoutEffect(stepsPerEpoch: 10, timeSteps: 784) == [])
  }
}
