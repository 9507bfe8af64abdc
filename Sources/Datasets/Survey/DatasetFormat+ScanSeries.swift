import Files

extension DatasetFormat {
  /// Reads the lines of a `.ts` file into a survey.
  ///
  /// - Throws: ``DatasetError`` where the file cannot be read.
  static func scanSeries(
    _ path: String, into survey: inout PartSurvey, _ isCancelled: () -> Bool
  ) throws(DatasetError) {
    var scan = SeriesScan(path: path)
    var reader = try PiecewiseReader(path, content: "a .ts file")
    try reader.forEachLine(isCancelled) { (line) throws(DatasetError) in
      scan.read(line, into: &survey)
    }
    scan.finish(&survey)
  }
}

/// Reads the lines of a `.ts` file as far as they can be understood.
private struct SeriesScan {
  let path: String
  private var line = 0
  private var isInData = false
  /// True if the rest of the file cannot be understood.
  private var isAlien = false
  private var hasLabels = true
  /// The classes that the header names, if it does.
  private var declared: [String] = []
  private var features = 0
  private var longest = 0
  private var lengthsDiffer = false

  init(path: String) { self.path = path }

  mutating func read(_ bytes: [UInt8], into survey: inout PartSurvey) {
    line += 1
    guard !isAlien else { return }
    let text = String(decoding: bytes, as: UTF8.self).withoutMark(inLine: line).trimmed
    guard let first = text.first, first != "#", first != "%" else { return }
    guard isInData else {
      let header = TSHeaderLine(text)
      if header.says("@classlabel", "false") { hasLabels = false }
      if let classes = header.classes { declared = classes }
      if header.says("@targetlabel", "true") {
        survey.add(
          .file, in: path,
          "targets that are numbers, as line \(line) says; a training is one of classifiers alone")
        isAlien = true
      }
      if header.says("@timestamps", "true") {
        survey.add(
          .file, in: path,
          "values with time stamps, as line \(line) says; leave the time stamps out, or convert the "
            + "data to NumPy arrays")
        isAlien = true
      }
      if !text.hasPrefix("@") {
        survey.add(
          .file, in: path,
          "line \(line), which begins with no @, in place of the header up to @data; get the file "
            + "again, or convert the data to NumPy arrays")
        isAlien = true
      }
      isInData = header.isData
      return
    }
    let sample = survey.sampleCount
    survey.sampleCount += 1
    var parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let name = hasLabels ? parts.popLast().map(\.trimmed) : nil
    let label = name.map(SurveyedLabel.text)
    if let name, !declared.isEmpty, !declared.contains(name) {
      survey.add(
        .label, in: path, sample: sample,
        "the class \"\(name.excerpt())\", which the header does not name")
    } else if let label {
      survey.add(label, ofSample: sample, in: path)
    }
    if features == 0 { features = parts.count }
    let columns = parts.map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    guard let length = columns.first?.count, columns.count == features,
      features <= SampleForm.largest, columns.allSatisfy({ $0.count == length })
    else {
      let counts = columns.map { "\($0.count)" }.joined(separator: ", ").excerpt(40)
      survey.add(
        .shape, in: path, sample: sample,
        columns.count == features
          ? "features of \(counts) values in line \(line), which should have as many"
          : "\(counted(columns.count, "feature")) in line \(line), and the first sequence has "
            + "\(counted(features, "feature"))")
      return
    }
    lengthsDiffer = lengthsDiffer || longest > 0 && length != longest
    longest = max(longest, length)
    guard let values = values(columns, length, ofSample: sample, &survey) else { return }
    survey.add(values, ofSample: sample, label: label, features: features, in: path)
  }

  /// The values `[T, F]`, NaN for a ?; nil, with faults, where one is no number.
  private func values(
    _ columns: [[Substring]], _ length: Int, ofSample sample: Int, _ survey: inout PartSurvey
  ) -> [Float]? {
    var values = [Float](repeating: .nan, count: length * features)
    var (isWhole, missing) = (true, [(step: Int, feature: Int)]())
    for (feature, column) in columns.enumerated() {
      for (step, word) in column.enumerated() {
        let word = word.trimmed
        if let value = word.decimal ?? Double(word).flatMap({ $0.isInfinite ? $0 : nil }) {
          values[step * features + feature] = Float(value)
        } else if word == "?" || word.lowercased() == "nan" {
          missing.append((step, feature))
        } else {
          isWhole = false
          survey.add(
            .number, in: path, sample: sample, step: step, feature: feature,
            "\"\(word.excerpt())\"")
        }
      }
    }
    guard !isWhole else { return values }
    for (step, feature) in missing {
      survey.add(
        .missing, in: path, sample: sample, step: step, feature: feature, "a missing value")
    }
    return nil
  }

  func finish(_ survey: inout PartSurvey) {
    guard !isAlien else { return }
    guard longest > 0 else {
      return survey.add(.file, in: path, "no sequence behind @data; get the file again")
    }
    survey.form = SampleForm(steps: longest, features: features, hasLengths: lengthsDiffer)
    if !hasLabels {
      survey.add(
        .file, in: path, "sequences without classes; give each its class behind the last colon")
    }
  }
}
