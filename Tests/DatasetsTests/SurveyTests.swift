import Datasets
import Files
import TestSupport
import Testing

@Suite("A look at all of a data set")
struct SurveyTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func survey(
    _ part: DatasetPart = .training, classes: [String]? = ["a", "b"]
  ) throws -> PartSurvey {
    try PartSurvey(part, in: folder.path, classes: classes)
  }

  @Test("The figures of a feature are those of all its finite values")
  func features() {
    var figures = FeatureStatistics()
    for value in [1, .nan, 2, 4, .infinity, 9, -.infinity] as [Float] { figures.add(value) }
    #expect(figures.count == 4 && figures.missing == 1 && figures.infinite == 2)
    #expect(figures.mean == 4 && figures.smallest == 1 && figures.largest == 9)
    // numpy.std([1, 2, 4, 9])
    #expect(abs(figures.deviation - 3.082207001484488) < 1e-12)
    #expect(!figures.isConstant)
    // A deviation that a difference of sums of squares would lose.
    var large = FeatureStatistics()
    for value in [16_777_212, 16_777_214, 16_777_216] as [Float] { large.add(value) }
    #expect(abs(large.deviation - 1.632993161855452) < 1e-9)
    let none = FeatureStatistics()
    #expect(none.smallest == nil && none.deviation == 0 && !none.isConstant)
  }

  @Test("The median of lengths is the lower one, and their ranges hold them all")
  func lengths() {
    var lengths = LengthStatistics()
    for length in [3, 9, 4, 4, 12, 3] { lengths.add(length) }
    #expect(lengths.smallest == 3 && lengths.median == 4 && lengths.largest == 12)
    let bins = lengths.histogram(bins: 3)
    #expect(bins.map(\.lengths) == [3...6, 7...10, 11...12])
    #expect(bins.map(\.count) == [4, 1, 1])
    #expect(lengths.histogram(bins: 1).map(\.count) == [6])
    #expect(LengthStatistics().median == nil && LengthStatistics().histogram(bins: 3).isEmpty)
  }

  /// Four sequences of up to 3 time steps of 2 features.
  private func writeArrays(
    _ values: [Float], labels: [Int32] = [0, 1, 0, 1], lengths: [Int32] = [3, 2, 3, 1],
    isFortranOrder: Bool = false
  ) throws {
    var elements = values
    if isFortranOrder {
      for sample in 0..<4 {
        for step in 0..<3 {
          for feature in 0..<2 {
            elements[(feature * 3 + step) * 4 + sample] = values[(sample * 3 + step) * 2 + feature]
          }
        }
      }
    }
    try folder.write(
      npy("<f4", [4, 3, 2], isFortranOrder: isFortranOrder, bytes(elements)), to: "train-x.npy")
    try folder.write(npy("<i4", [labels.count], bytes(labels)), to: "train-y.npy")
    try folder.write(npy("<i4", [lengths.count], bytes(lengths)), to: "train-lengths.npy")
  }

  @Test("Everything that is wrong in arrays is found, with its place", arguments: [false, true])
  func arrays(isFortranOrder: Bool) throws {
    var values = (0..<24).map { Float($0) }
    values[3] = .nan  // sample 0, time step 1, feature 1
    values[6 + 2] = -.infinity  // sample 1, time step 1, feature 0
    values[6 + 5] = .nan  // behind the end of sample 1
    try writeArrays(
      values, labels: [0, 7, -1, 1, 0], lengths: [3, 2, 0, 4], isFortranOrder: isFortranOrder)
    let survey = try survey()
    let places = survey.faults.first.map { "\($0.kind.rawValue) \($0.place ?? ""): \($0.found)" }
    #expect(
      Set(places) == [
        "label sample 1: label 7", "label sample 2: label -1",
        "count : 5 labels for 4 samples", "length sample 2: length 0 of at most 3",
        "length sample 3: length 4 of at most 3",
        "missing sample 0, time step 1, feature 1: a missing value",
        "infinite sample 1, time step 1, feature 0: an infinite value",
      ])
    #expect(survey.faults.counts[.label] == 2 && survey.faults.counts[.count] == 1)
    // Samples without a length have no values.
    #expect(survey.features.map(\.count) == [4, 4] && survey.features.map(\.missing) == [0, 1])
    #expect(survey.features[0].mean == (0 + 2 + 4 + 6) / 4.0)
    #expect(survey.sampleCount == 4 && survey.form?.hasLengths == true)
    #expect(survey.classCounts.map(\.count) == [2, 1])
  }

  @Test("Labels and lengths that are none are one fault of their file")
  func alien() throws {
    try writeArrays((0..<24).map { Float($0) })
    let texts: [(type: String, element: [UInt8])] = [
      ("|S2", [0xFF, 0xFE]), ("<U1", [0, 0xD8, 0, 0]),
    ]
    for (type, element) in texts {
      try folder.write(
        npy(type, [4], (0..<4).flatMap { _ in element }), to: "train-y.npy")
      let faults = try survey().faults
      #expect(faults.counts == [.file: 1], "\(faults)")
      #expect(faults.first[0].found.hasPrefix("texts that are no UTF-8 or UTF-32"), "\(faults)")
    }
    for (name, what) in [("y", "integers or texts"), ("lengths", "integers")] {
      try writeArrays((0..<24).map { Float($0) })
      try folder.write(npy("<f4", [4], bytes([1, 0, 1, 1] as [Float])), to: "train-\(name).npy")
      let faults = try survey().faults
      #expect(faults.counts == [.file: 1], "\(faults)")
      #expect(faults.first[0].found.contains("expected \(what) in 1 dimension"), "\(faults)")
    }
  }

  @Test("Without faults there are none, and the figures are those of the samples")
  func whole() throws {
    try writeArrays((0..<24).map { Float($0) })
    let survey = try survey()
    #expect(survey.faults == DataFaults())
    #expect(survey.lengths.median == 2 && survey.lengths.largest == 3)
    #expect(survey.features[1].smallest == 1 && survey.features[1].largest == 19)
    #expect(
      survey.files.map { $0.split(separator: "/").last } == [
        "train-x.npy", "train-y.npy", "train-lengths.npy",
      ])
  }

  @Test("An archive and IDX files of floats have the figures of the same arrays")
  func formats() throws {
    let values = (0..<24).map { Float($0) }
    try writeArrays(values, lengths: [3, 3, 3, 3])
    let arrays = try survey()
    let members = try ["x", "y", "lengths"].map { content in
      (name: "train-\(content).npy", bytes: try folder.read("train-\(content).npy"))
    }
    try folder.write(zipArchive(members), to: "data.npz")
    let images: [UInt8] = [0, 0, 0x0D, 3] + bytes([4, 3, 2] as [UInt32], isBigEndian: true)
    try folder.write(
      images + bytes(values.map(\.bitPattern), isBigEndian: true), to: "train-images-idx3-float")
    try folder.write([0, 0, 9, 1, 0, 0, 0, 4, 0, 1, 0, 1], to: "train-labels-idx1-byte")
    for format in [DatasetFormat.npz, .idx] {
      let survey = try PartSurvey(
        .training, in: folder.path, format: format, classes: ["a", "b"])
      #expect(survey.faults == DataFaults() && survey.format == format)
      #expect(survey.features == arrays.features, "\(format)")
      #expect(survey.classCounts.map(\.count) == [2, 2], "\(format)")
      #expect(survey.form?.features == 2 && survey.sampleCount == 4, "\(format)")
    }
  }

  @Test("Many faults are counted, and the first of them named")
  func many() throws {
    let count = DataFaults.mostOfKind + 5
    try folder.write(
      npy("<f4", [count, 1], bytes(Array(repeating: Float.nan, count: count))), to: "train-x.npy")
    try folder.write(
      npy("<i4", [count], bytes([Int32](repeating: 1, count: count))), to: "train-y.npy")
    let faults = try survey().faults
    #expect(faults.counts == [.missing: count])
    #expect(faults.first.count == DataFaults.mostOfKind && faults.first.last?.sample == count - 6)
  }

  @Test("Images with too few labels, and labels that are no class, are found together")
  func images() throws {
    try folder.write(idxImages(4, height: 2, width: 3), to: "t10k-images-idx3-ubyte")
    try folder.write(idxLabels(3, classes: 3), to: "t10k-labels-idx1-ubyte")
    let survey = try survey(.test)
    #expect(survey.faults.first.map(\.kind) == [.label, .count])
    #expect(survey.faults.first[0].sample == 2)
    #expect(survey.features.count == 3 && survey.features[0].count == 8)
    #expect(survey.features.allSatisfy { ($0.largest ?? 2) <= 1 })
    try folder.remove("t10k-labels-idx1-ubyte")
    #expect(try self.survey(.test).faults.first.map(\.kind) == [.file])
    #expect(try self.survey(.test).features.count == 3)
    try folder.write(
      Array(idxImages(4, height: 2, width: 3).dropLast()), to: "t10k-images-idx3-ubyte")
    #expect(try self.survey(.test).faults.counts[.file] == 2)
  }

  @Test("The reading of .ts files goes on behind a line that is wrong")
  func series() throws {
    let text = """
      @classLabel true a b
      @data
      1,2:3,4:a
      1,?:3,x:b
      1,2:3:a
      1,2,3:4,5,1e60:c
      1,2:a
      5:6:b

      """
    try folder.write(Array(text.utf8), to: "Walks_TRAIN.ts")
    let survey = try survey()
    #expect(survey.sampleCount == 6)
    #expect(survey.faults.counts == [.missing: 1, .number: 1, .shape: 2, .label: 1, .infinite: 1])
    #expect(survey.faults.first(.missing).map(\.feature) == [0])
    #expect(survey.faults.first(.number).map(\.found) == ["\"x\""])
    #expect(survey.faults.first(.shape).map(\.sample) == [2, 4])
    #expect(survey.form == SampleForm(steps: 3, features: 2, hasLengths: true))
    let open = try self.survey(classes: nil)
    // Without names in a configuration the header's count, if it has some.
    #expect(open.classCounts.map { "\($0.name) \($0.count)" } == ["a 3", "b 2"])
    #expect(open.faults.counts[.label] == 1)
    let bare = text.replacing("@classLabel true a b", with: "@classLabel true")
    try folder.write(Array(bare.utf8), to: "Walks_TRAIN.ts")
    let all = try self.survey(classes: nil)
    #expect(all.classCounts.map { "\($0.name) \($0.count)" } == ["a 3", "b 2", "c 1"])
    #expect(all.faults.counts[.label] == nil)
  }

  @Test("Copies are found within a part and between both, also where values are missing")
  func copies() throws {
    func line(_ sample: [Float], _ label: String) -> String {
      sample.map { $0.isNaN ? "?" : "\($0)" }.joined(separator: ",") + ":\(label)\n"
    }
    let (one, two, three) = ([1, 2] as [Float], [1, .nan] as [Float], [3] as [Float])
    let training = line(one, "a") + line(two, "b") + line(one, "b") + line(two, "b")
    let test = line(three, "a") + line(two, "a") + line(three, "a")
    try folder.write(Array(("@data\n" + training).utf8), to: "Walks_TRAIN.ts")
    try folder.write(Array(("@data\n" + test).utf8), to: "Walks_TEST.ts")
    let (learned, judged) = (try survey(), try survey(.test))
    let within = Duplicates(within: learned)
    #expect(within.count == 2 && within.otherLabels == 1)
    #expect(within.first.map { [$0.sample, $0.original] } == [[2, 0], [3, 1]])
    let between = Duplicates(judged, of: learned)
    #expect(between.count == 1 && between.otherLabels == 1)
    #expect(between.first.map { [$0.sample, $0.original] } == [[1, 1]])
    #expect(Duplicates(within: judged).first.map(\.sample) == [2])
  }

  @Test("A folder without a data set has faults, and no samples")
  func nothing() throws {
    let survey = try survey()
    #expect(survey.faults.counts == [.file: 1] && survey.sampleCount == 0)
    #expect(survey.form == nil && survey.classCounts.map(\.count) == [0, 0])
  }
}
