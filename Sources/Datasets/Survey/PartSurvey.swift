import Files

/// A label as it stands in a file.
package enum SurveyedLabel: Hashable, Sendable {
  case number(Int)
  case text(String)
}

/// What a look at all files of a part of a data set finds: statistics, and everything that is wrong.
///
/// It reads what a training refuses: a fault is noted, and the reading goes on behind it.
package struct PartSurvey: Sendable {
  /// The part: `training`, with what is held out of it, or `test`.
  package let part: DatasetPart
  /// The paths of the files; none where they are not there.
  package let files: [String]
  /// The format of the files; nil where there are none of any.
  package let format: DatasetFormat?
  /// The form of the samples; nil where the files do not tell.
  package internal(set) var form: SampleForm?
  /// The number of samples.
  package internal(set) var sampleCount = 0
  /// The number of samples with each label, also with those that are none of the classes.
  package private(set) var labelCounts: [SurveyedLabel: Int] = [:]
  /// The lengths of the sequences that have one.
  package private(set) var lengths = LengthStatistics()
  /// The values of each feature; a pixel is its byte divided by 255.
  package private(set) var features: [FeatureStatistics] = []
  /// The faults.
  package private(set) var faults = DataFaults()

  /// The names of the classes; nil where any label is one.
  private let classes: [String]?
  private let classNumbers: [String: Int]
  /// For each sample whose values could be read its number, the digest of its values, and its label.
  private(set) var samples: [(number: Int, digest: SampleDigest, label: SurveyedLabel?)] = []

  /// Reads the files of a part.
  ///
  /// - Parameters:
  ///   - directory: the folder that holds the files.
  ///   - format: their format; nil for the one of what lies in the folder.
  ///   - part: `training` or `test`.
  ///   - classes: the names of the classes; nil to take any label for one.
  /// - Throws: ``DatasetError`` where `isCancelled` says so; what is wrong in the files is a fault.
  package init(
    _ part: DatasetPart, in directory: String, format: DatasetFormat? = nil, classes: [String]?,
    isCancelled: () -> Bool = { false }
  ) throws(DatasetError) {
    (self.part, self.classes) = (part, classes)
    classNumbers = Dictionary(
      (classes ?? []).enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let folder = DatasetFolder(directory)
    var known = format
    let paths: DatasetFormat.Paths
    do throws(DatasetError) {
      known = if let format { format } else { try folder.format() }
      paths = try folder.paths(of: part, known ?? .idx, needsLabels: false)
      self.format = known
    } catch {
      (files, self.format) = ([], known)
      add(.file, in: error.subject, error.reason)
      return
    }
    files = paths.all
    if paths.labels == nil {
      add(
        .file, in: paths.samples.description,
        "no labels beside it; put \(known == .npz ? "an array" : "the file") of the labels there")
    }
    do throws(DatasetError) { try known?.scan(paths, into: &self, isCancelled) } catch {
      if error.kind == .cancelled { throw error }
      add(.file, in: error.subject, error.reason)
    }
    if let form, !form.isWithinLimits {
      add(.shape, in: paths.samples.description, "\(form.inWords), more than a training takes")
    }
  }

  /// Notes a fault.
  mutating func add(
    _ kind: DataFault.Kind, in file: String, sample: Int? = nil, step: Int? = nil,
    feature: Int? = nil, _ found: @autoclosure () -> String
  ) {
    faults.add(
      DataFault(kind, in: file, sample: sample, step: step, feature: feature, found()), kind)
  }

  /// Adds the label of a sample, or notes that it is none of the classes.
  mutating func add(_ label: SurveyedLabel, ofSample sample: Int, in file: String) {
    labelCounts[label, default: 0] += 1
    switch label {
    case .number(let number):
      guard !(0..<(classes?.count ?? .max)).contains(number) else { return }
      add(.label, in: file, sample: sample, "label \(number)")
    case .text(let name):
      guard classes != nil, classNumbers[name] == nil else { return }
      add(.label, in: file, sample: sample, "the class \"\(name.excerpt())\"")
    }
  }

  /// Adds the values `[T, F]` of a sample, of its own time steps.
  mutating func add(
    _ values: [Float], ofSample sample: Int, label: SurveyedLabel?, features count: Int,
    in file: String
  ) {
    if features.count < count {
      features += Array(repeating: FeatureStatistics(), count: count - features.count)
    }
    lengths.add(values.count / count)
    samples.append((sample, SampleDigest(values), label.map(canonical)))
    var index = 0
    for step in 0..<values.count / count {
      for feature in 0..<count {
        let value = values[index]
        index += 1
        features[feature].add(value)
        guard !value.isFinite else { continue }
        add(
          value.isNaN ? .missing : .infinite, in: file, sample: sample, step: step,
          feature: feature, value.isNaN ? "a missing value" : "an infinite value")
      }
    }
  }

  /// True if labels are texts, also those that look like numbers.
  package var hasTextLabels: Bool {
    labelCounts.keys.contains { if case .text = $0 { true } else { false } }
  }

  /// The label by the number of its class, if it has one.
  private func canonical(_ label: SurveyedLabel) -> SurveyedLabel {
    if case .text(let name) = label, let number = classNumbers[name] { return .number(number) }
    return label
  }

  /// The classes in their order with their numbers of samples: those that were named, or else those
  /// that were found.
  package var classCounts: [(name: String, count: Int)] {
    if let classes {
      return classes.enumerated().map { number, name in
        (name, labelCounts[.number(number), default: 0] + labelCounts[.text(name), default: 0])
      }
    }
    return labelCounts.map { label, count in
      switch label {
      case .number(let number): (number, "\(number)", count)
      case .text(let name): (Int.max, name, count)
      }
    }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map { ($0.1, $0.2) }
  }
}

extension PartSurvey {
  /// Adds the labels of a file, and notes where there are not as many as samples.
  mutating func add(_ labels: [SurveyedLabel], of samples: Int, in file: String) {
    for (index, label) in labels.enumerated() { add(label, ofSample: index, in: file) }
    guard !labels.isEmpty else { return }
    requireCount(labels.count, of: samples, "labels", in: file)
  }

  /// Notes where a file has not as many labels or lengths as there are samples.
  mutating func requireCount(_ count: Int, of samples: Int, _ name: String, in file: String) {
    guard count != samples else { return }
    add(.count, in: file, "\(count) \(name) for \(counted(samples, "sample"))")
  }
}
