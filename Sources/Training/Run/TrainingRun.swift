import Configuration
import Datasets

/// The facts about a run that its observers start from.
package struct TrainingRun: Sendable {
  /// The ranks of the job.
  package struct Machine: Sendable {
    package let ranks: Int
    package let hosts: Int
    /// The name of each rank's host.
    package let hostNames: [String]
    /// The numbers of threads that ranks have, each once, ascending.
    package let threads: [Int]
    /// The instruction set, with its precision where that is emulated.
    package let instructionSet: String
    /// The way in which the ranks sum their gradients; nil for one rank.
    package let reduction: String?

    package init(
      ranks: Int, hosts: Int, hostNames: [String], threads: [Int], instructionSet: String,
      reduction: String?
    ) {
      (self.ranks, self.hosts, self.hostNames) = (ranks, hosts, hostNames)
      (self.threads, self.instructionSet, self.reduction) = (threads, instructionSet, reduction)
    }
  }

  /// The samples, by what they are for.
  package struct Samples: Sendable {
    package let training: Int
    /// The number that is held out of the training set; nil if none is.
    package let validation: Int?
    package let test: Int
    package let form: SampleForm
    /// Those that are evaluated.
    package let evaluated: [DatasetPart: ShardedDataset]

    package init(
      training: Int, validation: Int?, test: Int, form: SampleForm,
      evaluated: [DatasetPart: ShardedDataset] = [:]
    ) {
      (self.training, self.validation, self.test) = (training, validation, test)
      (self.form, self.evaluated) = (form, evaluated)
    }
  }

  package let configuration: Configuration
  /// The run's folder, and its `metrics.jsonl`, `ranks.jsonl` and `trace.json`.
  package let directory, metricsPath, ranksPath, tracePath: String
  package let machine: Machine
  package let samples: Samples
  package let parameterCount: Int
  /// The steps to do, counted from 1; none if the first is past the last.
  package let firstStep, lastStep: Int
  package let stepsPerEpoch: Int
  /// True if the run begins with the evaluation of the step before its first one.
  package let beginsWithEvaluation: Bool

  package init(
    configuration: Configuration, directory: String, metricsPath: String, ranksPath: String,
    tracePath: String, machine: Machine,
    samples: Samples, parameterCount: Int, firstStep: Int, lastStep: Int, stepsPerEpoch: Int,
    beginsWithEvaluation: Bool = false
  ) {
    self.configuration = configuration
    (self.directory, self.metricsPath) = (directory, metricsPath)
    (self.ranksPath, self.tracePath) = (ranksPath, tracePath)
    (self.machine, self.samples, self.parameterCount) = (machine, samples, parameterCount)
    (self.firstStep, self.lastStep) = (firstStep, lastStep)
    self.stepsPerEpoch = stepsPerEpoch
    self.beginsWithEvaluation = beginsWithEvaluation
  }
}
