import Datasets
import TestSupport
import Testing

@Suite("NumPy arrays")
struct NumPyTests {
  private let folder: TemporaryFolder
  /// `[N, T, F]`, with N = 5, T = 3 and F = 2: exact in every type.
  private static let values = (0..<30).map { Float($0) - 4 }
  private static let labels: [UInt8] = [1, 0, 2, 2, 1]

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(npy("<f4", [5, 3, 2], bytes(Self.values)), to: "train-x.npy")
    try folder.write(npy("|u1", [5], Self.labels), to: "train-y.npy")
  }

  private func load(
    _ part: DatasetPart = .training, shardCount: Int = 2, names: [String] = []
  ) throws -> ShardedDataset {
    try ShardedDataset(
      directory: folder.path, part: part, shardCount: shardCount, shards: 0..<shardCount,
      classes: 3, classNames: names)
  }

  /// The samples of shard 0, which are 0, 2 and 4, as a minibatch.
  private func gathered(_ data: ShardedDataset) throws -> (
    samples: SortedSamples, numbers: [Float], labels: [Int32]
  ) {
    let samples = try data.longestFirst(shard: 0, positions: [0, 1, 2])
    let steps = samples.lengths.max() ?? 0
    var numbers = [Float](repeating: -1, count: steps * 3 * data.form.features)
    var labels = [Int32](repeating: -1, count: 3)
    var numberSpan = numbers.mutableSpan
    var labelSpan = labels.mutableSpan
    _ = try data.gather(
      shard: 0, positions: samples.positions[...], into: &numberSpan, labels: &labelSpan)
    return (samples, numbers, labels)
  }

  /// `[T, N, F]` of the samples 0, 2 and 4.
  private static let minibatch = (0..<3).flatMap { t in
    [0, 2, 4].flatMap { n in (0..<2).map { f in values[(n * 3 + t) * 2 + f] } }
  }

  @Test("Samples come time-major, with their labels, of files that lie plain or gzipped")
  func samples() throws {
    let data = try load()
    #expect(data.form == SampleForm(steps: 3, features: 2))
    #expect(try gathered(data).numbers == Self.minibatch)
    #expect(try gathered(data).labels == [1, 2, 1])
    #expect(try data.image(at: 1) == nil)
    try folder.write(gzip(npy("<f4", [5, 3, 2], bytes(Self.values))), to: "train-x.npy.gz")
    #expect(try gathered(load()).numbers == Self.minibatch)
    #expect(try load().digests == data.digests)
  }

  @Test(
    "Every type of numbers, byte order and version of the format gives the same floats",
    arguments: [1, 2, 3] as [UInt8])
  func types(version: UInt8) throws {
    let integers = Self.values.map(Int.init)
    let files: [(String, [UInt8])] = [
      (">f4", bytes(Self.values.map(\.bitPattern), isBigEndian: true)),
      ("<f8", bytes(Self.values.map { Double($0).bitPattern })),
      (">f8", bytes(Self.values.map { Double($0).bitPattern }, isBigEndian: true)),
      ("<f2", bytes(Self.values.map { Float16($0).bitPattern })),
      ("|i1", bytes(integers.map(Int8.init))), ("<i2", bytes(integers.map(Int16.init))),
      (">i2", bytes(integers.map(Int16.init), isBigEndian: true)),
      ("=i4", bytes(integers.map(Int32.init))), ("<i8", bytes(integers)),
    ]
    for (type, elements) in files {
      try folder.write(npy(type, [5, 3, 2], elements, version: version), to: "train-x.npy")
      #expect(try gathered(load()).numbers == Self.minibatch, "\(type)")
    }
    let unsigned = integers.map { $0 + 4 }
    let bits = (0..<30).map { UInt8($0 % 3 == 0 ? 1 : 0) }
    try folder.write(npy("|b1", [5, 3, 2], bits, version: version), to: "train-x.npy")
    #expect(try gathered(load()).numbers.prefix(6) == [1, 0, 1, 0, 1, 0])
    for (type, elements) in [
      ("<u2", bytes(unsigned.map(UInt16.init))),
      (">u4", bytes(unsigned.map(UInt32.init), isBigEndian: true)),
      ("<u8", bytes(unsigned.map(UInt64.init))),
    ] {
      try folder.write(npy(type, [5, 3, 2], elements, version: version), to: "train-x.npy")
      #expect(try gathered(load()).numbers == Self.minibatch.map { $0 + 4 }, "\(type)")
    }
  }

  @Test("The first index may run fastest, and an array of two dimensions has one feature")
  func orders() throws {
    let fortran = (0..<2).flatMap { f in
      (0..<3).flatMap { t in (0..<5).map { n in Self.values[(n * 3 + t) * 2 + f] } }
    }
    try folder.write(
      npy("<f4", [5, 3, 2], isFortranOrder: true, bytes(fortran)), to: "train-x.npy")
    #expect(try gathered(load()).numbers == Self.minibatch)

    try folder.write(npy("<f4", [5, 6], bytes(Self.values)), to: "train-x.npy")
    let data = try load()
    #expect(data.form == SampleForm(steps: 6, features: 1))
    #expect(
      try gathered(data).numbers
        == (0..<6).flatMap { t in [0, 2, 4].map { Self.values[$0 * 6 + t] } })
  }

  @Test("Unsigned bytes are pixels, as in IDX files")
  func pixels() throws {
    let pixels = (0..<30).map { UInt8($0 * 8) }
    try folder.write(npy("|u1", [5, 3, 2], pixels), to: "train-x.npy")
    let data = try load()
    #expect(data.form.isImage)
    #expect(try data.image(at: 3) == Array(pixels[18..<24]))
    #expect(try gathered(data).numbers[1] == Float(8) / 255)
  }

  @Test("The longest sequences come first, and what lies behind an end is not read")
  func lengths() throws {
    var values = Self.values
    for place in [2, 3, 4, 5, 12 + 4, 12 + 5] { values[place] = .nan }
    try folder.write(npy("<f4", [5, 3, 2], bytes(values)), to: "train-x.npy")
    let withoutLengths = datasetError { _ = try load() }
    #expect(withoutLengths?.kind == .notFinite)
    #expect(withoutLengths?.found == "no finite number at sample 0, time step 1, feature 0")

    try folder.write(npy("<i8", [5], bytes([1, 3, 2, 3, 3])), to: "train-lengths.npy")
    let data = try load()
    #expect(data.form == SampleForm(steps: 3, features: 2, hasLengths: true))
    let (samples, numbers, labels) = try gathered(data)
    #expect(samples.lengths == [3, 2, 1] && samples.positions == [2, 1, 0])
    #expect(samples.order == [2, 1, 0] && labels == [1, 2, 1])
    let v = Self.values
    // At each time step the samples 4, 2 and 0, as far as they go.
    #expect(Array(numbers[0..<6]) == [v[24], v[25], v[12], v[13], v[0], v[1]])
    #expect(Array(numbers[6..<10]) == [v[26], v[27], v[14], v[15]])
    #expect(Array(numbers[12..<14]) == [v[28], v[29]])
    #expect(numbers[10] == -1 && numbers[14] == -1)

    // The longest decides on the time steps, not the array.
    try folder.write(npy("<i4", [5], bytes([1, 1, 2, 1, 1] as [Int32])), to: "train-lengths.npy")
    #expect(try load().form.steps == 2)
  }

  @Test("Labels may be the names of classes, in either of NumPy's kinds of text")
  func names() throws {
    let names = ["up", "down", "öst"]
    let unicode = Self.labels.flatMap { label in
      let codes = names[Int(label)].unicodeScalars.map(\.value)
      return bytes(codes + [UInt32](repeating: 0, count: 4 - codes.count))
    }
    try folder.write(npy("<U4", [5], unicode), to: "train-y.npy")
    #expect(try gathered(load(names: names)).labels == [1, 2, 1])
    let unknown = datasetError { _ = try load(names: ["up", "down", "west"]) }
    #expect(unknown?.kind == .labelOutOfRange)
    #expect(unknown?.found == "label \"öst\" at index 2")
    let ascii = Self.labels.flatMap { label in
      let name = [UInt8](["up", "down", "west"][Int(label)].utf8)
      return name + [UInt8](repeating: 0, count: 5 - name.count)
    }
    try folder.write(npy("|S5", [5], ascii), to: "train-y.npy")
    #expect(try gathered(load(names: ["up", "down", "west"])).labels == [1, 2, 1])
  }

  @Test("A number that no float32 has room for is named")
  func large() throws {
    var values = Self.values.map { Double($0) }
    values[13] = -1e39
    for isFortranOrder in [false, true] {
      let file = npy(
        "<f8", [5, 3, 2], isFortranOrder: isFortranOrder, bytes(values.map(\.bitPattern)))
      try folder.write(file, to: "train-x.npy")
      let error = datasetError { _ = try load() }
      #expect(error?.kind == .notFinite)
      let place =
        isFortranOrder ? "sample 3, time step 2, feature 0" : "sample 2, time step 0, feature 1"
      #expect(error?.found == "the number -1e+39 at \(place)")
      #expect(error?.description.contains("fit in a float32") == true)
    }
  }

  @Test("Held-out samples, shards of other ranks and test samples have their places")
  func parts() throws {
    try folder.write(npy("<f4", [5, 3, 2], bytes(Self.values)), to: "test-x.npy")
    try folder.write(npy("|u1", [5], Self.labels), to: "test-y.npy")
    let test = try load(.test, shardCount: 1)
    #expect(test.sampleCount == 5)
    let held = try ShardedDataset(
      directory: folder.path, part: .validation, classes: 3, heldOut: 2)
    let rest = try ShardedDataset(
      directory: folder.path, part: .training, classes: 3, heldOut: 2)
    #expect(held.sampleCount == 2 && rest.sampleCount == 3)
    let labels = try (0..<2).map(held.label) + (0..<3).map(rest.label)
    #expect(labels.sorted() == Self.labels.map(Int.init).sorted())
    let other = try ShardedDataset(
      directory: folder.path, part: .training, shardCount: 2, shards: 1..<2, classes: 3)
    #expect(try other.label(at: 3) == 2)
    #expect(datasetError { _ = try other.label(at: 2) }?.kind == .noSuchSample)
  }

  @Test("What does not fit is an error that says what was found")
  func errors() throws {
    func error(_ file: [UInt8], as name: String) throws -> DatasetError? {
      let before = try? folder.read(name)
      try folder.write(file, to: name)
      defer {
        if let before { _ = try? folder.write(before, to: name) } else { try? folder.remove(name) }
      }
      return datasetError { _ = try load() }
    }
    let good = npy("<f4", [5, 3, 2], bytes(Self.values))
    #expect(try error([1, 2, 3], as: "train-x.npy")?.kind == .wrongMagic)
    #expect(try error(Array(good.dropLast()), as: "train-x.npy")?.kind == .shortFile)
    #expect(try error(Array(good.prefix(40)), as: "train-x.npy")?.kind == .shortFile)
    #expect(try error(good + [0], as: "train-x.npy")?.kind == .trailingBytes)
    let floats = bytes(Self.values)
    for (type, shape) in [
      ("<c8", [5, 3, 2]), ("<f4", [5, 3, 2, 1]), ("<f4", [30]), ("<U1", [5, 3, 2]),
      ("<f4", [5, 0, 2]), ("<f4", [1 << 30, 1 << 30, 1 << 30]), ("|O", [5, 3, 2]),
    ] {
      let error = try error(npy(type, shape, floats), as: "train-x.npy")
      #expect(error?.kind == .wrongDimensions, "\(type) \(shape)")
    }
    // More time steps than a checkpoint could say.
    let long = npy("|u1", [5, 1 << 21], [UInt8](repeating: 0, count: 5 << 21))
    #expect(try error(long, as: "train-x.npy")?.kind == .wrongDimensions)
    // Lengths of one part alone.
    let one = try error(npy("|u1", [1], [1]), as: "test-lengths.npy")
    #expect(one?.found == "no train-lengths.npy beside it")
    // As much as nobody has memory for, which is not there.
    let huge = try error(npy("<f8", [1 << 40], []), as: "train-y.npy")
    #expect(huge?.kind == .shortFile)
    #expect(
      try error(npy("|u1", [4], [0, 1, 2, 0]), as: "train-y.npy")?.found == "4 labels")
    #expect(
      try error(npy("|i1", [5], [0, 1, 2, 255, 0]), as: "train-y.npy")?.found
        == "label -1 at index 3")
    #expect(
      try error(npy("|u1", [5], [0, 1, 2, 3, 0]), as: "train-y.npy")?.found
        == "label 3 at index 3")
    for length in [0, 4, -1] {
      let error = try error(
        npy("<i8", [5], bytes([1, 2, length, 3, 3])), as: "train-lengths.npy")
      #expect(error?.found == "length \(length) at index 2")
    }
    #expect(
      try error(npy("<f4", [5], bytes([1, 2, 3, 3, 3] as [Float])), as: "train-lengths.npy")?.kind
        == .wrongDimensions)
    try folder.remove("train-y.npy")
    let missing = datasetError { _ = try load() }
    #expect(missing?.kind == .missingFile)
    #expect(missing?.description.contains("train-y.npy.gz nor") == true)
  }
}
