import Datasets
import TestSupport
import Testing

@Suite("Files of the time-series classification archive")
struct TSTests {
  private let folder: TemporaryFolder
  private static let header = """
    # A comment, and an empty line.

    @problemName Walks
    @timeStamps false
    @univariate false
    @classLabel true up down
    @data

    """

  init() throws { folder = try TemporaryFolder() }

  private func load(
    _ text: String, classes: [String] = ["up", "down"], part: DatasetPart = .training
  ) throws -> ShardedDataset {
    try folder.write(Array(text.utf8), to: "Walks_TRAIN.ts")
    return try ShardedDataset(
      directory: folder.path, part: part, classes: classes.count, classNames: classes)
  }

  @Test("A line is a sequence, whose last part is its class")
  func sequences() throws {
    let text = Self.header + "1,2.5,-3e1 : 4,5,6 : down\r\n% another comment\n7,8:9,10:up\n"
    let data = try load(text)
    #expect(data.sampleCount == 2)
    #expect(data.form == SampleForm(steps: 3, features: 2, hasLengths: true))
    #expect(try data.label(at: 0) == 1 && data.label(at: 1) == 0)
    var (numbers, labels) = ([Float](repeating: -1, count: 12), [Int32](repeating: -1, count: 2))
    var numberSpan = numbers.mutableSpan
    var labelSpan = labels.mutableSpan
    _ = try data.gather(shard: 0, positions: [0, 1], into: &numberSpan, labels: &labelSpan)
    #expect(numbers == [1, 4, 7, 9, 2.5, 5, 8, 10, -30, 6, -1, -1])
    #expect(labels == [1, 0])

    try folder.remove("Walks_TRAIN.ts")
    try folder.write(gzip(Array(text.utf8)), to: "Walks_TRAIN.ts.gz")
    let inflated = try ShardedDataset(
      directory: folder.path, part: .training, classes: 2, classNames: ["up", "down"])
    #expect(inflated.digests == data.digests && inflated.form == data.form)
  }

  @Test("Sequences of one length have no lengths, and a line needs no end")
  func even() throws {
    let data = try load(Self.header + "1,2:up\n3,4:down")
    #expect(data.form == SampleForm(steps: 2, features: 1))
    #expect(data.sampleCount == 2)
  }

  @Test("What does not fit is an error that says where")
  func errors() throws {
    let cases: [(DatasetError.Kind, String, String)] = [
      (.notFinite, "1,?:2,3:up\n", "\"?\" as time step 1 of feature 0 in line 8"),
      (.notFinite, "1,2:2,:up\n", "\"\" as time step 1 of feature 1 in line 8"),
      (.notFinite, "1,2:2,nan:up\n", "\"nan\" as time step 1 of feature 1 in line 8"),
      (.wrongDimensions, "1,2:3:up\n", "1 value of feature 1 in line 8"),
      (.wrongDimensions, "1:2:up\n1:up\n", "1 feature in line 9"),
      (.wrongDimensions, "1\n", "a line without a colon in line 8"),
      (.labelOutOfRange, "1:2:left\n", "the class \"left\" in line 8"),
      (.shortFile, "", "no sequence behind @data"),
    ]
    for (kind, lines, found) in cases {
      let error = datasetError { _ = try load(Self.header + lines) }
      #expect(error?.kind == kind && error?.found == found, "\(String(describing: error))")
    }
    #expect(datasetError { _ = try load("1,2:up\n") }?.kind == .wrongMagic)
    #expect(datasetError { _ = try load("@problemName x\n") }?.kind == .shortFile)
    let stamps = datasetError { _ = try load("@timeStamps true\n@data\n(0,1):up") }
    #expect(stamps?.found == "values with time stamps in line 1")
    #expect(stamps?.reason.contains("leave the time stamps out") == true)
    for (word, isMissing) in [("?", true), ("x", false), ("", false)] {
      let error = datasetError { _ = try load(Self.header + "1,\(word):up\n") }
      #expect(
        error?.reason.contains("data.missing to what becomes") == isMissing,
        "\(String(describing: error))")
    }
    let stranger = datasetError { _ = try load("@data\n1:sideways\n") }
    #expect(stranger?.reason.contains("expected one of the classes ") == true)
    let undeclared = datasetError {
      _ = try load("@classLabel TRUE up Down\n@data\n1:up\n2:down\n")
    }
    #expect(undeclared?.found == "the class \"down\" in line 4")
    #expect(undeclared?.reason.contains("those that the header names, up, Down") == true)
    let targets = datasetError { _ = try load("@targetLabel true\n@data\n1:0.5\n") }
    #expect(targets?.found == "targets that are numbers in line 1")
  }

  @Test("A folder has one data set, with both of its files")
  func folders() throws {
    let missing = datasetError { _ = try load(Self.header + "1:up\n", part: .test) }
    #expect(missing?.kind == .missingFile)
    #expect(missing?.found == "no file whose name ends in _TEST.ts")
    try folder.write([], to: "Runs_TRAIN.ts")
    let several = datasetError { _ = try load(Self.header + "1:up\n") }
    #expect(several?.found == "Runs_TRAIN.ts and Walks_TRAIN.ts")
  }
}
