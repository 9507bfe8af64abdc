import Configuration
import Datasets

/// The report of `lockstep data`. The names are the keys in JSON, which stay.
package struct DataReport: PrintedReport, Equatable, Sendable {
  package let directory: String
  /// The format in words, such as "NumPy arrays".
  package let format: String
  /// The training part, with what is held out of it, and the test part.
  package let parts: [Part]
  package let classes: [ClassBalance]
  /// The features of the training samples.
  package let features: [Feature]
  package let duplicates: Copies
  /// The shards of the samples to learn from; nil where there are none.
  package let shards: Shards?
  /// What ranks hold, at 1, 2, 4 and so on of them.
  package let memory: [RankMemory]
  /// The findings: what a training would fail for, and what it would do better without.
  package let findings: [Finding]
  /// The first faults of each kind in each part, with their places.
  package let faults: [DataFault]

  /// A part of the data set.
  package struct Part: Codable, Equatable, Sendable {
    package let name: String
    package let files: [String]
    package let samples: Int
    /// The samples in words; nil where the files do not tell.
    package let form: String?
    /// Time steps and features; nil where the files do not tell.
    package let steps, features: Int?
    package let lengths: Lengths?
    /// The number of faults of each kind.
    package let faults: [String: Int]
  }

  /// The lengths of sequences in time steps.
  package struct Lengths: Codable, Equatable, Sendable {
    package let smallest, median, largest: Int
    package let histogram: [Bin]
  }

  /// The sequences of `from` to `to` time steps.
  package struct Bin: Codable, Equatable, Sendable {
    package let from, to, count: Int
  }

  /// A class with its samples in both parts, and their shares from 0 to 1.
  package struct ClassBalance: Codable, Equatable, Sendable {
    package let name: String
    package let training, test: Int
    package let trainingShare, testShare: Double
  }

  /// A feature of the training samples: a pixel is its byte divided by 255.
  package struct Feature: Codable, Equatable, Sendable {
    package let number: Int
    package let mean, deviation: Double
    /// Nil where it has no finite value.
    package let smallest, largest: Float?
    package let missing, infinite: Int
  }

  /// Samples with the same values as another.
  package struct Copies: Codable, Equatable, Sendable {
    package let withinTraining, withinTest, testInTraining: Duplicates
  }

  /// The samples of the shards, of which the first have one more than the last.
  package struct Shards: Codable, Equatable, Sendable {
    package let count, largest, smallest: Int
  }

  /// The bytes of samples that ranks hold: at most of any, of the training samples, and on ranks that
  /// evaluate.
  package struct RankMemory: Codable, Equatable, Sendable {
    package let ranks, trainingBytes, evaluationBytes: Int
  }

  /// The number of reasons for which a training would fail.
  package var failureCount: Int { findings.count { $0.severity == .failure } }
}

extension DataReport {
  /// The report on what was found in both parts.
  ///
  /// - Parameter namesClasses: true if the configuration names the classes of these data.
  package init(
    directory: String, training: PartSurvey, test: PartSurvey, _ configuration: Configuration,
    namesClasses: Bool
  ) {
    let surveys = [training, test]
    self.directory = directory
    format = (training.format ?? test.format)?.inWords ?? "no data set"
    parts = surveys.map(Part.init)
    classes = Self.classes(training, test)
    features = training.features.enumerated().map(Feature.init)
    duplicates = Copies(
      withinTraining: Duplicates(within: training), withinTest: Duplicates(within: test),
      testInTraining: Duplicates(test, of: training))
    let layouts = DataLayouts(training, test, configuration)
    (shards, memory) = (layouts.shards, layouts.memory)
    faults = surveys.flatMap { $0.faults.first }
    findings =
      DataFindings(
        training: training, test: test, configuration, namesClasses: namesClasses, classes,
        features,
        duplicates, layouts
      ).all
  }

  private static func classes(_ training: PartSurvey, _ test: PartSurvey) -> [ClassBalance] {
    let (learned, judged) = (training.classCounts, test.classCounts)
    let tests = Dictionary(judged.map { ($0.name, $0.count) }, uniquingKeysWith: +)
    let known = Set(learned.map(\.name))
    let all = learned + judged.filter { !known.contains($0.name) }.map { ($0.name, 0) }
    let totals = (learned.reduce(0) { $0 + $1.count }, judged.reduce(0) { $0 + $1.count })
    return all.map { name, count in
      let other = tests[name, default: 0]
      return ClassBalance(
        name: name, training: count, test: other,
        trainingShare: totals.0 == 0 ? 0 : Double(count) / Double(totals.0),
        testShare: totals.1 == 0 ? 0 : Double(other) / Double(totals.1))
    }
  }
}

extension DataReport.Part {
  fileprivate init(_ survey: PartSurvey) {
    name = survey.part.rawValue
    (files, samples) = (survey.files, survey.sampleCount)
    form = survey.form?.inWords
    (steps, features) = (survey.form?.steps, survey.form?.features)
    lengths = DataReport.Lengths(survey.lengths)
    faults = Dictionary(
      uniqueKeysWithValues: survey.faults.counts.map { ($0.key.rawValue, $0.value) })
  }
}

extension DataReport.Lengths {
  fileprivate init?(_ lengths: LengthStatistics) {
    guard let smallest = lengths.smallest, let median = lengths.median,
      let largest = lengths.largest
    else { return nil }
    (self.smallest, self.median, self.largest) = (smallest, median, largest)
    histogram = lengths.histogram(bins: 10).map {
      DataReport.Bin(from: $0.lengths.lowerBound, to: $0.lengths.upperBound, count: $0.count)
    }
  }
}

extension DataReport.Feature {
  fileprivate init(_ number: Int, _ values: FeatureStatistics) {
    self.number = number
    (mean, deviation) = (values.mean, values.deviation)
    (smallest, largest) = (values.smallest, values.largest)
    (missing, infinite) = (values.missing, values.infinite)
  }

  /// True if it has one value alone.
  var isConstant: Bool { smallest != nil && smallest == largest }
}
