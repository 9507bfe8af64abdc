import Files

/// The samples of a `.ts` file of the time-series classification archive (UEA and UCR): a line of
/// text each, whose features are divided by colons, their values at each time step by commas, and
/// whose last part is the name of a class.
///
/// Source: "The UEA multivariate time series classification archive" (Bagnall et al., 2018), and the
/// files of <https://www.timeseriesclassification.com>.
struct TSSamples: SampleFiles {
  let path: String
  let form: SampleForm
  let hasLabels: Bool
  private let series: [Series]
  private let digest: SHA256Digest

  private struct Series {
    /// `[T, F]`.
    let values: [Float]
    let length: Int
    let label: Int32
  }

  var count: Int { series.count }
  var onDisk: DiskNumbers? { nil }

  /// Reads a file, gzipped or not.
  ///
  /// - Parameters:
  ///   - classes: the names of the classes; nil where labels do not count.
  ///   - needsLabels: false to take samples without labels, too: where the header says
  ///     `@classLabel false`, and where each has the label `?`.
  ///   - allowsMissing: true if values may be missing, which are ? or NaN.
  ///   - isCancelled: asked before each piece of the file; true ends the reading.
  /// - Throws: ``DatasetError`` where a line is none of the format's, a value is missing, or a class
  ///   has no name among `classes`.
  init(
    _ path: String, classes: [String]?, needsLabels: Bool = true, allowsMissing: Bool,
    isCancelled: () -> Bool
  ) throws(DatasetError) {
    self.path = path
    var parser = Parser(
      path: path, classes: classes, needsLabels: needsLabels, allowsMissing: allowsMissing)
    var reader = try PiecewiseReader(path, content: "a .ts file")
    try reader.forEachLine(isCancelled) { (line) throws(DatasetError) in try parser.read(line) }
    digest = try reader.digest()
    (series, form) = try parser.result()
    hasLabels = !parser.hasMissingLabels && !parser.hasNoLabels
  }

  mutating func read(
    into memory: inout MutableSpan<UInt8>, classes: Int, keepsOnDisk: Bool,
    placing place: (Int) -> SamplePlace?,
    isCancelled: () -> Bool
  ) throws(DatasetError) -> DatasetDigests {
    for (index, one) in series.enumerated() {
      guard let place = place(index) else { continue }
      memory.store(one.label, at: place.label)
      if form.hasLengths { memory.store(Int32(one.length), at: place.length) }
      memory.store(one.values, at: place.numbers)
    }
    return DatasetDigests(samples: digest, labels: digest)
  }

  /// Reads the lines of a file.
  private struct Parser {
    private let path: String
    private let classes: [String]?
    private let needsLabels: Bool
    private let allowsMissing: Bool
    /// True if the header says that the lines have no labels.
    private(set) var hasNoLabels = false
    /// The classes that the header names, if it does.
    private var declared: [String] = []
    /// True if the labels of all sequences up to here are `?`.
    private(set) var hasMissingLabels = false
    private var line = 0
    private var isInData = false
    private var features = 0
    private var series: [Series] = []

    init(path: String, classes: [String]?, needsLabels: Bool, allowsMissing: Bool) {
      (self.path, self.classes) = (path, classes)
      (self.needsLabels, self.allowsMissing) = (needsLabels, allowsMissing)
    }

    /// Reads the next line, without its end.
    mutating func read(_ bytes: [UInt8]) throws(DatasetError) {
      line += 1
      let text = String(decoding: bytes, as: UTF8.self).withoutMark(inLine: line).trimmed
      guard !text.isEmpty, !text.hasPrefix("#"), !text.hasPrefix("%") else { return }
      guard isInData else { return try readHeader(text) }
      var parts = text.split(separator: ":", omittingEmptySubsequences: false)
      // Their place stays.
      if hasNoLabels { parts.append("") }
      guard parts.count >= 2 else {
        throw damaged("a line without a colon", "features and a class, divided by colons")
      }
      if features == 0 { features = parts.count - 1 }
      guard parts.count - 1 == features else {
        throw damaged(
          counted(parts.count - 1, "feature"),
          "\(counted(features, "feature")), as the first sequence has")
      }
      try readSequence(parts.dropLast(), label: try label(parts[features].trimmed))
    }

    private mutating func readHeader(_ text: String) throws(DatasetError) {
      guard text.hasPrefix("@") else {
        throw DatasetError(
          .wrongMagic, in: path, found: "line \(line), which begins with no @",
          expected: "the header of a .ts file, up to @data",
          advice: "get the file again, or convert the data to NumPy arrays")
      }
      let header = TSHeaderLine(text)
      if header.says("@targetlabel", "true") {
        throw damaged("targets that are numbers", "classes (@classLabel)", advice: Self.onTargets)
      }
      if header.says("@timestamps", "true") {
        throw damaged(
          "values with time stamps", "values alone, one at each time step",
          advice: "leave the time stamps out, or convert the data to NumPy arrays")
      }
      if header.says("@classlabel", "false") { hasNoLabels = true }
      if let classes = header.classes { declared = classes }
      isInData = header.isData
      guard isInData, hasNoLabels, needsLabels, classes != nil else { return }
      throw damaged(
        "sequences without classes", "a class behind each sequence",
        advice: "give each its class behind the last colon; without classes there are predictions "
          + "alone (lockstep predict)")
    }

    private static let onTargets =
      "give each sequence a class: a training is one of classifiers alone"

    private mutating func label(_ name: String) throws(DatasetError) -> Int32 {
      guard let classes, !hasNoLabels else { return 0 }
      if !needsLabels, name == "?", series.isEmpty || hasMissingLabels {
        hasMissingLabels = true
        return 0
      }
      guard !hasMissingLabels else {
        throw damaged("the class \"\(name.excerpt())\"", "\"?\", as behind the sequences before it")
      }
      guard declared.isEmpty || declared.contains(name) else {
        throw DatasetError(
          .labelOutOfRange, in: path, found: "the class \"\(name.excerpt())\" in line \(line)",
          expected: "one of those that the header names, "
            + declared.joined(separator: ", ").excerpt(200),
          advice: DatasetError.repair(path, otherwise: "repair that line, or the header"))
      }
      guard let label = classes.firstIndex(of: name) else {
        throw DatasetError(
          .labelOutOfRange, in: path, found: "the class \"\(name.excerpt())\" in line \(line)",
          expected: DatasetError.oneOf(classes),
          advice: "set data.classes to the names of all classes, in their order")
      }
      return Int32(label)
    }

    private mutating func readSequence(
      _ parts: ArraySlice<Substring>, label: Int32
    ) throws(DatasetError) {
      var (values, length) = ([Float](), 0)
      for (feature, part) in parts.enumerated() {
        let words = part.split(separator: ",", omittingEmptySubsequences: false)
        if feature == 0 {
          length = words.count
          values = [Float](repeating: 0, count: length * features)
        }
        guard words.count == length else {
          throw damaged(
            "\(counted(words.count, "value")) of feature \(feature)",
            "\(length), as of the first feature")
        }
        for (time, word) in words.enumerated() {
          // Rounded as a float of 64 bits first, as such a number in a NumPy array is.
          let text = word.trimmed
          let isMissing = text == "?" || text.lowercased() == "nan"
          if let value = text.decimal.map({ Float($0) }), value.isFinite {
            values[time * features + feature] = value
          } else if allowsMissing, isMissing {
            values[time * features + feature] = .nan
          } else {
            throw DatasetError(
              .notFinite, in: path,
              found: "\"\(text.excerpt())\" as time step \(time) of feature \(feature) "
                + "in line \(line)", expected: "finite numbers alone",
              advice: isMissing
                ? "repair the file, or set data.missing to what becomes of a ? or NaN"
                : "repair the file; where a number is missing, put a ? there"
                  + (allowsMissing ? "" : ", and set data.missing"))
          }
        }
      }
      series.append(Series(values: values, length: length, label: label))
    }

    /// The samples, once all lines are read.
    func result() throws(DatasetError) -> ([Series], SampleForm) {
      guard let longest = series.map(\.length).max() else {
        throw DatasetError(
          .shortFile, in: path, found: "no sequence behind \(isInData ? "@data" : "the header")",
          expected: "a line for each sequence behind @data", advice: DatasetError.repair(path))
      }
      return (
        series,
        SampleForm(
          steps: longest, features: features,
          hasLengths: series.contains { $0.length != longest })
      )
    }

    private func damaged(
      _ found: String, _ expected: String, advice: String? = nil
    ) -> DatasetError {
      DatasetError(
        .wrongDimensions, in: path, found: "\(found) in line \(line)", expected: expected,
        advice: advice ?? DatasetError.repair(path, otherwise: "repair that line"))
    }
  }
}

extension StringProtocol {
  /// The text without the space around it.
  var trimmed: String {
    let rest = drop(while: \.isWhitespace)
    guard let last = rest.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(rest[...last])
  }
}

extension MutableSpan<UInt8> {
  /// Copies floats to the place from `start` on.
  fileprivate mutating func store(_ floats: [Float], at start: Int) {
    withUnsafeMutableBytes { memory in
      floats.withUnsafeBytes { floats in
        UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + floats.count])
          .copyMemory(from: floats)
      }
    }
  }
}
