import Configuration
import Datasets
import Tensors
import Training

/// A run of five epochs of ten steps, from its first step unless `stepsDone` are.
func trainingRun(
  stepsDone: Int = 0, metricsPath: String = "", ranksPath: String = "", tracePath: String = "",
  beginsWithEvaluation: Bool = false
) -> TrainingRun {
  var configuration = Configuration()
  configuration.log.every = 4
  return TrainingRun(
    configuration: configuration, directory: "runs/x", metricsPath: metricsPath,
    ranksPath: ranksPath, tracePath: tracePath,
    machine: TrainingRun.Machine(
      ranks: 4, hosts: 2, hostNames: ["a", "a", "b", "b"], threads: [1, 2],
      instructionSet: "AVX-512",
      reduction: "gradients are summed somehow"),
    samples: TrainingRun.Samples(
      training: 900, validation: 100, test: 50,
      form: SampleForm(steps: 28, features: 20, isBytes: true)),
    parameterCount: 1234, firstStep: stepsDone + 1, lastStep: 50, stepsPerEpoch: 10,
    beginsWithEvaluation: beginsWithEvaluation)
}

/// A step on 100 samples.
func step(_ number: Int, epoch: Int = 1) -> StepEvent {
  StepEvent(
    step: number, epoch: epoch,
    result: StepResult(
      loss: 0.5, learningRate: 0.25, gradientNorm: 2, samples: 100,
      signals: StepSignals(isInterrupted: false), times: StepTimes()))
}

/// An evaluation of 200 samples.
func evaluated(_ set: DatasetPart = .test, after step: Int, epoch: Int) -> EvaluationEvent {
  EvaluationEvent(
    set: set, step: step, epoch: epoch,
    result: EvaluationResult(
      lossSum: 50, confusion: ConfusionMatrix(counts: [[75, 25], [25, 75]])), seconds: 4,
    samplesPerSecond: 250)
}

/// The end of a run after its second epoch.
func earlyStop(
  _ criterion: Configuration.Evaluation.Criterion = .accuracy, delta: Double = 0
) -> EarlyStopEvent {
  EarlyStopEvent(
    step: 20, epoch: 2, set: .validation, criterion: criterion, patience: 1, delta: delta,
    best: 0.75, bestEpoch: 1)
}
