import Configuration
import Foundation
import Training

/// What a comparison found: everything that its page, its table and `comparison.json` say.
package struct ComparisonReport: Codable, Equatable, Sendable {
  /// The probability of noise up to which a difference counts as beyond it.
  package static let significance = 0.05

  /// On what it ran.
  package let machine: Machine
  /// What accuracies and confusion matrices are those of.
  package let evaluated: EvaluatedSet
  /// What each configuration was trained with.
  package let seeds: [UInt64]
  /// The names of the classes, in the order of the labels.
  package let classes: [String]
  /// The keys that are not the same in all configurations.
  package let differences: [KeyDifference]
  /// In the order of the command line, without those that diverged.
  package let configurations: [ComparedConfiguration]
  /// Those, which are not compared.
  package let diverged: [DivergedConfiguration]
  /// Every two of them.
  package let pairs: [ComparedPair]

  /// The ranks of the job that ended the comparison.
  package struct Machine: Codable, Equatable, Sendable {
    package let ranks: Int
    package let hosts: Int
    package let instructionSet: String

    package init(ranks: Int, hosts: Int, instructionSet: String) {
      (self.ranks, self.hosts, self.instructionSet) = (ranks, hosts, instructionSet)
    }
  }

  /// The report on at least two configurations.
  package init(
    machine: Machine, evaluated: EvaluatedSet, seeds: [UInt64], classes: [String],
    configurations: [ComparedConfiguration], diverged: [DivergedConfiguration] = []
  ) throws {
    self.machine = machine
    self.evaluated = evaluated
    self.seeds = seeds
    self.classes = classes
    self.configurations = configurations
    self.diverged = diverged
    differences = try KeyDifference.between(configurations.map(\.configuration))
    pairs = ComparedPair.all(of: configurations)
  }

  /// The evaluated samples of each run.
  package var samples: Int { configurations[0].runs[0].confusion.samples }

  /// The report as one JSON object.
  package var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }
}

/// A configuration and what its runs came to.
package struct ComparedConfiguration: Codable, Equatable, Sendable {
  /// What it is called: its variant's name or its file's base name, made unique.
  package let name: String
  /// The path of its file.
  package let file: String
  /// Every key, as resolved; `train.seed` is that of the first run.
  package let configuration: Configuration
  /// The number of the classifier's parameters.
  package let parameters: Int
  /// One for each seed.
  package let runs: [ComparedRun]
  /// From 0 to 1, over the seeds.
  package let accuracy: SampleMoments
  /// Of a run's training.
  package let seconds: SampleMoments
  /// In the training.
  package let samplesPerSecond: SampleMoments
  /// The sum over the seeds.
  package let confusion: ConfusionMatrix
  /// The share of each class's samples that are taken for it, over all seeds.
  package let recalls: [Double?]

  /// A configuration with at least one run.
  package init(
    name: String, file: String, configuration: Configuration, parameters: Int,
    runs: [ComparedRun]
  ) {
    self.name = name
    self.file = file
    self.configuration = configuration
    self.parameters = parameters
    self.runs = runs
    accuracy = SampleMoments(runs.map(\.accuracy))
    seconds = SampleMoments(runs.map(\.seconds))
    samplesPerSecond = SampleMoments(runs.map(\.samplesPerSecond))
    confusion = runs.dropFirst().reduce(runs[0].confusion) { $0 + $1.confusion }
    recalls = confusion.recalls
  }
}

/// A configuration of which a training diverged.
package struct DivergedConfiguration: Codable, Equatable, Sendable {
  /// What it is called, as in ``ComparedConfiguration``.
  package let name: String
  /// That of the training, after which no other was begun.
  package let seed: UInt64
  /// A sentence that names both and the step.
  package let reason: String

  /// A configuration and what became of it.
  package init(name: String, seed: UInt64, reason: String) {
    (self.name, self.seed, self.reason) = (name, seed, reason)
  }
}

/// One training of a configuration.
package struct ComparedRun: Codable, Equatable, Sendable {
  /// What initial parameters and the order of the samples are drawn from.
  package let seed: UInt64
  /// The run's folder, below that of the comparison.
  package let folder: String
  /// Of all steps; evaluations are not counted.
  package let seconds: Double
  /// The samples of all steps over their seconds.
  package let samplesPerSecond: Double
  /// In their order.
  package let epochs: [EpochFigures]
  /// Which classes the evaluated samples are taken for after the last epoch.
  package let confusion: ConfusionMatrix
  /// The share of the evaluated samples that are taken for what they are, after the last epoch, from 0 to 1.
  package let accuracy: Double

  /// A run of at least one epoch.
  package init(
    seed: UInt64, folder: String, samples: Int, epochs: [EpochFigures],
    confusion: ConfusionMatrix
  ) {
    self.seed = seed
    self.folder = folder
    self.epochs = epochs
    self.confusion = confusion
    seconds = epochs.reduce(0) { $0 + $1.seconds }
    samplesPerSecond = Double(samples) / max(seconds, 1e-9)
    accuracy = Double(confusion.correct) / Double(max(confusion.samples, 1))
  }
}

/// An epoch of a run.
package struct EpochFigures: Codable, Equatable, Sendable {
  /// Counted from 1.
  package let epoch: Int
  /// The mean of what is minimised over the epoch's samples, each as its step met it: the cross-entropy, with
  /// dropout, smoothed labels and changed images where there are any.
  package let trainingLoss: Double
  /// The mean cross-entropy over the evaluated set after the epoch.
  package let evaluationLoss: Double
  /// On the evaluated set after the epoch, from 0 to 1.
  package let accuracy: Double
  /// Of the epoch's steps.
  package let seconds: Double

  package init(
    epoch: Int, trainingLoss: Double, evaluationLoss: Double, accuracy: Double, seconds: Double
  ) {
    self.epoch = epoch
    self.trainingLoss = trainingLoss
    self.evaluationLoss = evaluationLoss
    self.accuracy = accuracy
    self.seconds = seconds
  }
}
