import Cluster
import Configuration
import Datasets
import Files
import Foundation
import Training

/// The findings of a comparison: everything that its page, its table and `comparison.json` say.
package struct ComparisonReport: Codable, Equatable, Sendable {
  /// The probability of noise up to which a difference counts as beyond it.
  static let significance = 0.05

  /// The ranks and processors that it ran on.
  package let machine: Machine
  /// The command that made it; nil in the file of an earlier version.
  package let origin: Origin?
  /// The part of the data set that accuracies and confusion matrices are those of.
  package let evaluated: DatasetPart
  /// The seeds that each configuration was trained with.
  package let seeds: [UInt64]
  /// The names of the classes, in the order of the labels.
  package let classes: [String]
  /// The keys that are not the same in all configurations.
  package let differences: [KeyDifference]
  /// In the order of the command line, without those that diverged.
  package let configurations: [ComparedConfiguration]
  /// The configurations that diverged, which are not compared.
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

  /// The command that made a report.
  package struct Origin: Codable, Equatable, Sendable {
    /// The version of the program.
    package let version: String
    /// The words of the command, behind the program's name.
    package let arguments: [String]
    /// The time, in seconds since 1970.
    package let time: Double

    package init(version: String, arguments: [String], time: Double) {
      (self.version, self.arguments, self.time) = (version, arguments, time)
    }
  }

  /// The report on at least two configurations.
  package init(
    machine: Machine, origin: Origin? = nil, evaluated: DatasetPart, seeds: [UInt64],
    classes: [String], configurations: [ComparedConfiguration],
    diverged: [DivergedConfiguration] = []
  ) {
    (self.machine, self.origin) = (machine, origin)
    self.evaluated = evaluated
    self.seeds = seeds
    self.classes = classes
    self.configurations = configurations
    self.diverged = diverged
    differences = KeyDifference.between(configurations.map(\.configuration))
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
  /// Its name: that of its variant or its file, made unique.
  package let name: String
  /// The path of its file.
  package let file: String
  /// Every key, as resolved; `train.seed` is that of the first run.
  package let configuration: Configuration
  /// The number of the classifier's parameters.
  package let parameters: Int
  /// One for each seed.
  package let runs: [ComparedRun]
  /// The accuracy, from 0 to 1, over the seeds.
  package let accuracy: SampleMoments
  /// The mean of the recalls of all classes, and that of their F1 scores, over the seeds.
  package let balancedAccuracy, macroF1: SampleMoments
  /// The seconds of a run's training.
  package let seconds: SampleMoments
  /// The speed of the training.
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
    balancedAccuracy = SampleMoments(runs.map(\.confusion.balancedAccuracy))
    macroF1 = SampleMoments(runs.map(\.confusion.macroF1))
    seconds = SampleMoments(runs.map(\.seconds))
    samplesPerSecond = SampleMoments(runs.map(\.samplesPerSecond))
    confusion = runs.dropFirst().reduce(runs[0].confusion) { $0 + $1.confusion }
    recalls = confusion.recalls
  }
}

/// A configuration of which a training diverged.
package struct DivergedConfiguration: Codable, Equatable, Sendable {
  /// Its name, as in ``ComparedConfiguration``.
  package let name: String
  /// The seed of the training that diverged, after which no other was begun.
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
  /// The seed that initial parameters and the order of the samples are drawn from.
  package let seed: UInt64
  /// The run's folder, below that of the comparison.
  package let folder: String
  /// The seconds of all steps; evaluations are not counted.
  package let seconds: Double
  /// The samples of all steps over their seconds.
  package let samplesPerSecond: Double
  /// The epochs in their order.
  package let epochs: [EpochFigures]
  /// The classes that the evaluated samples are taken for after the last epoch.
  package let confusion: ConfusionMatrix
  /// The share of the evaluated samples that are taken for what they are, after the last epoch,
  /// from 0 to 1.
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
    accuracy = confusion.accuracy
  }
}

/// An epoch of a run.
package struct EpochFigures: Codable, Equatable, Sendable {
  /// Counted from 1.
  package let epoch: Int
  /// The mean of what is minimized over the epoch's samples, each as its step met it: the
  /// cross-entropy, with dropout, smoothed labels and changed samples where there are any.
  package let trainingLoss: Double
  /// The mean cross-entropy over the evaluated set after the epoch.
  package let evaluationLoss: Double
  /// On the evaluated set after the epoch, from 0 to 1.
  package let accuracy: Double
  /// The seconds of the epoch's steps.
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

/// A key that is not the same in all configurations.
package struct KeyDifference: Codable, Equatable, Sendable {
  /// Its path, such as `model.hidden`.
  package let key: String
  /// Its value in each configuration, in their order.
  package let values: [String]

  /// The keys that differ between configurations and may matter, by their paths.
  package static func between(_ configurations: [Configuration]) -> [Self] {
    all(configurations).filter { Set($0.values).count > 1 }
  }

  /// The keys that configurations share without having their defaults, with one value, and always the
  /// data and the epochs.
  package static func shared(by configurations: [Configuration]) -> [Self] {
    let defaults = Configuration().values
    let always: Set<String> = ["data.directory", "train.epochs"]
    return all(configurations).compactMap { difference in
      let (key, value) = (difference.key, difference.values[0])
      guard Set(difference.values).count == 1, always.contains(key) || value != defaults[key]
      else { return nil }
      return Self(key: key, values: [value])
    }
  }

  /// The keys that may matter, with their values in all configurations.
  private static func all(_ configurations: [Configuration]) -> [Self] {
    let all = configurations.map(\.values)
    return Set(all.flatMap(\.keys)).subtracting(Configuration.keysOfTheMachine).sorted().map {
      key in
      Self(key: key, values: all.map { $0[key] ?? "" })
    }
  }
}

extension ComparisonReport {
  /// The name of the page in the comparison's folder.
  package static let pageName = "comparison.html"
  /// The name of the file with all figures.
  package static let figuresName = "comparison.json"

  /// Writes the page and its figures into a folder that exists, and the table to standard output.
  ///
  /// - Throws: `FileError`.
  package func write(to folder: String, console: Console) throws {
    func write(_ text: String, _ name: String) throws {
      let path = "\(folder)/\(name)"
      do { try AtomicFile.replace(path, with: text) } catch {
        throw FileError(
          error.kind, path: error.path,
          reason: "\(error.reason); the runs are complete: compare the same again to write it",
          code: error.code)
      }
    }
    try write(json + "\n", Self.figuresName)
    try write(ComparisonPage(self).html, Self.pageName)
    console.line("\n\(table)\n\nThe page is \(folder)/\(Self.pageName).")
  }
}
