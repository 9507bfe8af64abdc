import Configuration
import Datasets
import Files
import Foundation

/// What a training on some data would fail for, or would do better without, with what to do.
struct DataFindings {
  private let training, test: PartSurvey
  private let configuration: Configuration
  private let namesClasses: Bool
  private let classes: [DataReport.ClassBalance]
  private let features: [DataReport.Feature]
  private let duplicates: DataReport.Copies
  private let layouts: DataLayouts

  init(
    training: PartSurvey, test: PartSurvey, _ configuration: Configuration, namesClasses: Bool,
    _ classes: [DataReport.ClassBalance], _ features: [DataReport.Feature],
    _ duplicates: DataReport.Copies, _ layouts: DataLayouts
  ) {
    (self.training, self.test, self.configuration) = (training, test, configuration)
    (self.namesClasses, self.classes, self.features) = (namesClasses, classes, features)
    (self.duplicates, self.layouts) = (duplicates, layouts)
  }

  /// All findings, failures first.
  var all: [Finding] {
    let findings =
      faults + form + shards + namesOfClasses + balance + scales + constants + copies
    let isWhole = !findings.contains { $0.severity == .failure }
    let fine = Finding(.fine, "files", "all are whole, and a training can use each sample")
    return Finding.Severity.allCases.flatMap { severity in
      (findings + (isWhole ? [fine] : [])).filter { $0.severity == severity }
    }
  }

  /// The findings of both parts, of which what both have counts once.
  private var faults: [Finding] {
    let findings = faults(training)
    return findings + faults(test).filter { !findings.contains($0) }
  }

  /// A finding for each kind of fault in each file, with the first places.
  private func faults(_ survey: PartSurvey) -> [Finding] {
    DataFault.Kind.allCases.flatMap { kind -> [Finding] in
      let first = survey.faults.first(kind)
      guard let count = survey.faults.counts[kind], !first.isEmpty else { return [] }
      if kind == .file || kind == .count {
        return first.map { Finding(.failure, $0.file, $0.found, advice: advice(kind)) }
      }
      let most = 5
      // What is missing or infinite says no more than its place.
      let isPlace = kind == .missing || kind == .infinite
      let named = first.prefix(most).map { fault in
        guard let place = fault.place else { return fault.found }
        return isPlace ? place : "\(place): \(fault.found)"
      }
      let rest = count > named.count ? "; and \(count - named.count) more" : ""
      let missing = configuration.data.missing
      if kind == .missing, missing != .error {
        return [
          Finding(
            .fine, first[0].file,
            "\(kind.counted(count)), for which data.missing: \(missing.rawValue) stands")
        ]
      }
      return [
        Finding(
          .failure, first[0].file,
          "\(kind.counted(count)): \(named.joined(separator: "; "))\(rest)",
          advice: advice(kind))
      ]
    }
  }

  private func advice(_ kind: DataFault.Kind) -> String? {
    switch kind {
    // It says itself what to do.
    case .file: nil
    case .count: "check that both files come from the same data set"
    case .shape: "repair the file, so that each sequence has the same features"
    case .label:
      "set data.classes to the names of all classes, in the order of their labels, or repair the file"
    case .length: "repair the file"
    case .number: "repair the file: a missing value is a ?"
    case .missing:
      "set data.missing to zero or previous, which then stands for them, or fill in or leave out "
        + "what is missing"
    case .infinite: "leave them out, or scale the feature into the range of a float of 32 bits"
    }
  }

  private var form: [Finding] {
    guard let form = training.form else { return [] }
    if let other = test.form, !form.isLike(other) {
      return [
        Finding(
          .failure, "samples",
          "the test part has \(other.inWords), and the training part \(form.inWords)",
          advice: "make them alike")
      ]
    }
    do throws(DatasetError) {
      _ = try form.read(in: configuration.data.order, from: training.files.first ?? "samples")
    } catch { return [Finding(.failure, error.subject, error.reason)] }
    return []
  }

  private var shards: [Finding] {
    guard let failure = layouts.failure else { return [] }
    return [Finding(.failure, failure.subject, failure.reason)]
  }

  private var namesOfClasses: [Finding] {
    guard !namesClasses else { return [] }
    let names = classes.map(\.name)
    guard !names.isEmpty else { return [] }
    let numbers = names.compactMap { Int($0) }
    let areCounted = numbers.sorted() == Array(0..<numbers.count)
    let shown = names.prefix(20).map { $0.excerpt(40) } + (names.count > 20 ? ["…"] : [])
    return [
      Finding(
        .advice, "data.classes",
        "no configuration names the classes; the files have "
          + "\(counted(names.count, "label")): \(shown.joined(separator: ", "))",
        advice: training.hasTextLabels
          ? "set data.classes to these names, in the order that you want"
            + (numbers.isEmpty ? "" : "; they are texts, so put numbers in quotes")
          : areCounted
            ? "set data.classes to the number of classes, or to a name for each label from 0 on"
            : "number the labels from 0 on"
              + (numbers.contains { $0 < 0 }
                ? ""
                : "; or set data.classes to \((numbers.max() ?? 0) + 1), some of which have no sample")
      )
    ]
  }

  private var balance: [Finding] {
    var findings: [Finding] = []
    let empty = classes.filter { $0.training == 0 }
    // Where labels are none of the classes, or cannot be read, that is what to mend.
    if !empty.isEmpty, !training.labelCounts.isEmpty, training.faults.counts[.label] == nil {
      findings.append(
        Finding(
          configuration.train.classWeights == .balanced ? .failure : .advice, "classes",
          "no training sample of \(Self.list(empty.map(\.name)))",
          advice: "leave them out of data.classes, unless their samples are still to come"))
    }
    let shares = classes.map(\.trainingShare).filter { $0 > 0 }
    if let least = shares.min(), let most = shares.max(), most > 5 * least {
      findings.append(
        Finding(
          .advice, "classes",
          "the largest has \((most / least).shortText) times the training samples of the smallest, "
            + "so the accuracy says little of the small ones",
          advice: configuration.train.classWeights == .none
            ? "set train.classWeights: balanced, and look at the recall of each class"
            : "look at the recall of each class"))
    }
    return findings
  }

  /// Features whose scales differ, which the first steps would hardly see, or see alone.
  private var scales: [Finding] {
    guard training.form?.isBytes == false, configuration.data.normalize == .none else { return [] }
    let scales = features.compactMap { feature -> (number: Int, scale: Double)? in
      let scale = max(feature.deviation, abs(feature.mean))
      return feature.isConstant || scale == 0 ? nil : (feature.number, scale)
    }
    guard let least = scales.min(by: { $0.scale < $1.scale }),
      let most = scales.max(by: { $0.scale < $1.scale }),
      most.scale > 10 * least.scale || most.scale > 10 || most.scale < 0.1
    else { return [] }
    let differ = most.scale > 10 * least.scale
    return [
      Finding(
        .advice, "features",
        differ
          ? "the values of feature \(most.number) are about \(most.scale.shortText), and those of "
            + "feature \(least.number) about \(least.scale.shortText)"
          : "the values are about \(most.scale.shortText), far from 1",
        advice: "set data.normalize: standard")
    ]
  }

  private var constants: [Finding] {
    let constant = features.filter(\.isConstant)
    guard !constant.isEmpty, training.form?.isBytes == false else { return [] }
    return [
      Finding(
        .advice, "features",
        "\(counted(constant.count, "feature")) with one value alone: "
          + Self.list(constant.map { "\($0.number)" }), advice: "leave what says nothing out")
    ]
  }

  private var copies: [Finding] {
    var findings: [Finding] = []
    func add(_ copies: Duplicates, _ what: String, _ originals: String, advice: String) {
      guard copies.count > 0 else { return }
      let first = copies.first.prefix(3).map { "\($0.sample) is \($0.original)" }
      let labels =
        copies.otherLabels > 0 ? ", \(copies.otherLabels) of them with another label" : ""
      findings.append(
        Finding(
          .advice, "duplicates",
          "\(counted(copies.count, what)) \(copies.count == 1 ? "is a copy" : "are copies") of "
            + "\(originals)\(labels): \(first.joined(separator: ", "))"
            + (copies.count > first.count ? " and so on" : ""), advice: advice))
    }
    add(
      duplicates.testInTraining, "test sample", "training samples",
      advice: "leave them out of one part: a model has seen the answers")
    add(
      duplicates.withinTraining, "training sample", "earlier ones",
      advice: "leave them out, unless they are meant to count more")
    add(
      duplicates.withinTest, "test sample", "earlier ones",
      advice: "leave them out, unless they are meant to count more")
    return findings
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(10).map { $0.excerpt(40) }.joined(separator: ", ")
      + (names.count > 10 ? " and \(names.count - 10) more" : "")
  }
}

extension DataFault.Kind {
  /// So many faults of the kind in words.
  fileprivate func counted(_ count: Int) -> String {
    switch self {
    case .file: Files.counted(count, "damaged file")
    case .count: Files.counted(count, "wrong count")
    case .shape: Files.counted(count, "sequence") + " of another shape"
    case .label: Files.counted(count, "label") + " outside the classes"
    case .length: Files.counted(count, "wrong length")
    case .number: Files.counted(count, "word") + " in place of numbers"
    case .missing: Files.counted(count, "missing value")
    case .infinite: Files.counted(count, "infinite value")
    }
  }
}
