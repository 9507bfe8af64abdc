import Datasets
import Files
import TestSupport
import Testing

@Suite("Samples to predict, with or without labels")
struct SampleSourceTests {
  private let folder: TemporaryFolder
  private static let advice = "name another with --data"

  init() throws { folder = try TemporaryFolder() }

  private func load(_ name: String = "", needsLabels: Bool = false) throws -> ShardedDataset {
    let source = try SampleSource(
      folder.path + "/" + name, needsLabels: needsLabels, advice: Self.advice)
    return try ShardedDataset(
      DatasetFiles(source, classNames: ["up", "down"]), shards: 0..<1)
  }

  private func writeArrays(_ prefix: String) throws {
    try folder.write(
      npy("<f4", [2, 3, 1], bytes([1, 2, 3, 4, 5, 6] as [Float])), to: prefix + "x.npy")
    try folder.write(npy("<i4", [2], bytes([3, 1] as [Int32])), to: prefix + "lengths.npy")
  }

  @Test("A folder's test part needs no labels, and has them where they are")
  func folders() throws {
    try folder.write(idxImages(3, height: 2, width: 2), to: "t10k-images-idx3-ubyte")
    let bare = try load()
    #expect(bare.sampleCount == 3 && !bare.hasLabels)
    #expect(try bare.label(at: 2) == 0)
    let missing = datasetError { _ = try load(needsLabels: true) }
    #expect(missing?.kind == .missingFile && missing?.reason.contains("--data") == true)
    try folder.write(idxLabels(3, classes: 2), to: "t10k-labels-idx1-ubyte")
    let labeled = try load()
    #expect(labeled.hasLabels)
    #expect(try labeled.label(at: 1) == 1)
    #expect(try labeled.image(at: 2) == bare.image(at: 2))
  }

  @Test("An array of samples takes its lengths and its labels from beside it")
  func arrays() throws {
    try writeArrays("new-")
    let bare = try load("new-x.npy")
    #expect(bare.form == SampleForm(steps: 3, features: 1, hasLengths: true))
    #expect(!bare.hasLabels && bare.sampleCount == 2)
    #expect(datasetError { _ = try load("new-x.npy", needsLabels: true) }?.kind == .missingFile)
    try folder.write(npy("<U4", [2], unicode("down") + unicode("up")), to: "new-y.npy")
    let labeled = try load("new-x.npy", needsLabels: true)
    #expect(labeled.hasLabels)
    #expect(try labeled.label(at: 0) == 1)
    #expect(labeled.digests.samples == bare.digests.samples)
  }

  private func unicode(_ text: String) -> [UInt8] {
    let codes = text.unicodeScalars.map(\.value)
    return bytes(codes + Array(repeating: 0, count: 4 - codes.count))
  }

  @Test("An archive of samples has them as x, y and lengths, or is a data set with a test part")
  func archives() throws {
    let (samples, lengths, labels) = (
      npy("<f4", [2, 3, 1], bytes([1, 2, 3, 4, 5, 6] as [Float])),
      npy("<i4", [2], bytes([3, 1] as [Int32])), npy("<i4", [2], bytes([1, 0] as [Int32]))
    )
    try writeArrays("new-")
    let expected = try load("new-x.npy")
    for prefix in ["", "test_"] {
      let members = [("x", samples), ("y", labels), ("lengths", lengths)].map {
        (name: "\(prefix)\($0).npy", bytes: $1)
      }
      try folder.write(zipArchive(members), to: "new.npz")
      let labeled = try load("new.npz", needsLabels: true)
      #expect(labeled.hasLabels && labeled.form == expected.form)
      #expect(try labeled.label(at: 0) == 1)
      try folder.write(zipArchive([members[0], members[2]]), to: "new.npz")
      let bare = try load("new.npz")
      #expect(!bare.hasLabels && bare.digests.samples == expected.digests.samples)
      #expect(datasetError { _ = try load("new.npz", needsLabels: true) }?.kind == .missingFile)
    }
    try folder.write(zipArchive([("z.npy", samples)]), to: "new.npz")
    #expect(datasetError { _ = try load("new.npz") }?.found == "no array test-x")
  }

  @Test("IDX files of any type are samples, with the labels of any type beside them")
  func numbers() throws {
    let floats = [1.5, -2, 3, 4, 5, 6, 7, 8] as [Float]
    let sizes: [UInt8] = [0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2]
    try folder.write(
      [0, 0, 0x0D, 3] + sizes + bytes(floats.map(\.bitPattern), isBigEndian: true),
      to: "new-images.idx3-float")
    let bare = try load("new-images.idx3-float")
    #expect(bare.form == SampleForm(steps: 2, features: 2) && !bare.hasLabels)
    try folder.write([0, 0, 0x0B, 1, 0, 0, 0, 2, 0, 1, 0, 0], to: "new-labels.idx1-short")
    let labeled = try load("new-images.idx3-float", needsLabels: true)
    #expect(try labeled.label(at: 0) == 1)
    try folder.write([0, 0, 8, 1, 0, 0, 0, 2, 0, 1], to: "new-labels-idx1-ubyte")
    #expect(datasetError { _ = try load("new-images.idx3-float") }?.kind == .countMismatch)
  }

  @Test("Missing numbers and orders of pixels are as the settings say, also without labels")
  func settings() throws {
    func load(_ name: String, _ settings: FeatureSettings) throws -> ShardedDataset {
      let source = try SampleSource(
        folder.path + "/" + name, needsLabels: false, advice: Self.advice)
      return try ShardedDataset(
        DatasetFiles(source, classNames: ["up", "down"], features: settings), shards: 0..<1)
    }
    try folder.write(npy("<f4", [1, 3], bytes([1, .nan, 3] as [Float])), to: "new.npy")
    try folder.write(Array("@classLabel false\n@data\n1,?,3\n".utf8), to: "new.ts")
    for name in ["new.npy", "new.ts"] {
      #expect(datasetError { _ = try load(name, FeatureSettings()) }?.kind == .notFinite)
      let data = try load(name, FeatureSettings(missing: .previous))
      var (numbers, labels) = ([Float](repeating: 9, count: 3), [Int32](repeating: 9, count: 1))
      var numberSpan = numbers.mutableSpan
      var labelSpan = labels.mutableSpan
      _ = try data.gather(shard: 0, positions: [0], into: &numberSpan, labels: &labelSpan)
      #expect(numbers == [1, 1, 3] && labels == [0], "\(name)")
    }
    try folder.write(idxImages(3, height: 2, width: 2), to: "images")
    #expect(try load("images", FeatureSettings(order: .pixels)).form.steps == 4)
  }

  @Test("A .ts file has no labels where its header says so, or where each is a question mark")
  func series() throws {
    let cases = [
      "@classLabel false\n@data\n1,2:3,4\n5,6:7,8\n", "@data\n1,2:3,4:?\n5,6:7,8:?\n",
      "@classLabel true up down\n@data\n1,2:3,4:up\n5,6:7,8:down\n",
    ]
    for (number, text) in cases.enumerated() {
      try folder.write(Array(text.utf8), to: "new.ts")
      let data = try load("new.ts")
      #expect(data.form == SampleForm(steps: 2, features: 2), "\(text)")
      #expect(data.hasLabels == (number == 2) && data.sampleCount == 2, "\(text)")
      var (numbers, labels) = ([Float](repeating: 0, count: 8), [Int32](repeating: 9, count: 2))
      var numberSpan = numbers.mutableSpan
      var labelSpan = labels.mutableSpan
      _ = try data.gather(shard: 0, positions: [0, 1], into: &numberSpan, labels: &labelSpan)
      #expect(numbers == [1, 3, 5, 7, 2, 4, 6, 8] && labels == [0, number == 2 ? 1 : 0])
    }
    for text in ["@data\n1:?\n2:up\n", "@data\n1:up\n2:?\n"] {
      try folder.write(Array(text.utf8), to: "new.ts")
      let error = datasetError { _ = try load("new.ts") }
      #expect(error?.found.contains("in line 3") == true, "\(String(describing: error))")
    }
    try folder.write(Array(cases[0].utf8), to: "new.ts")
    #expect(
      datasetError { _ = try load("new.ts", needsLabels: true) }?.found
        == "sequences without classes in line 2")
  }

  @Test("A header of a NumPy array is one that NumPy reads, and so does Lockstep")
  func headers() throws {
    let header = npyHeader(descr: "<f4", shape: [2, 3, 1])
    #expect(header.count % 64 == 0)
    try folder.write(header + bytes([1, 2, 3, 4, 5, 6] as [Float]), to: "a.npy")
    #expect(try load("a.npy").form == SampleForm(steps: 3, features: 1))
    #expect(
      String(decoding: npyHeader(descr: "<f4", shape: [7]).dropFirst(10), as: UTF8.self)
        .hasPrefix("{'descr': '<f4', 'fortran_order': False, 'shape': (7,), }"))
  }
}
