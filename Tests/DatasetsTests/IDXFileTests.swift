import Datasets
import Files
import Foundation
import Testing
import TestSupport

@Suite("IDX files")
struct IDXFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func imageError(_ bytes: [UInt8]) throws -> DatasetError? {
    let path = try folder.write(bytes, to: "images")
    return datasetError {
      var file = try idxFile(path)
      _ = try file.elements()
    }
  }

  @Test("A gzipped file, a plain one and one of two gzip members read the same")
  func forms() throws {
    // Larger than the buffers that the file is read through.
    let bytes = idxImages(400, height: 13, width: 31)
    let forms = [bytes, gzip(bytes), gzip(Array(bytes[..<9])) + gzip(Array(bytes[9...]))]
    for form in forms {
      var file = try idxFile(folder.write(form, to: "images"))
      #expect(file.shape == [400, 13, 31])
      let elements = try file.elements()
      #expect(elements.bytes == Array(bytes[16...]))
      #expect(try elements.digest == SHA256Digest(of: bytes))
    }
  }

  @Test("A file that cannot be opened is an error with the system's reason")
  func unreadable() throws {
    let absent = datasetError { _ = try idxFile(folder.path + "/absent") }
    #expect(absent?.kind == .unreadableFile)
    #expect(absent?.description.contains("No such file") == true)
    let directory = datasetError { _ = try idxFile(folder.path) }
    #expect(directory?.kind == .unreadableFile)
    #expect(directory?.description.contains("a folder") == true)
    // Nobody writes to this pipe.
    #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
    let pipe = datasetError { _ = try idxFile(folder.path + "/pipe") }
    #expect(pipe?.kind == .unreadableFile)
  }

  private func load(classes: Int = 10) throws -> ShardedDataset {
    try ShardedDataset(directory: folder.path, part: .training, classes: classes)
  }

  @Test("Swapped files are recognized")
  func swapped() throws {
    try folder.write(idxLabels(5), to: "train-images-idx3-ubyte")
    try folder.write(idxImages(5, height: 2, width: 2), to: "train-labels-idx1-ubyte")
    let images = datasetError { _ = try load() }
    #expect(images?.kind == .wrongDimensions)
    #expect(images?.found == "integers in 1 dimension (5)")
    #expect(images?.description.contains("not swapped") == true)
    try folder.write(idxImages(5, height: 2, width: 2), to: "train-images-idx3-ubyte")
    let labels = datasetError { _ = try load() }
    #expect(labels?.found == "integers in 3 dimensions (5 × 2 × 2)")
    #expect(labels?.description.contains("not swapped") == true)
  }

  @Test("Every type of numbers gives the same floats, and unsigned bytes are pixels")
  func types() throws {
    let values = (0..<30).map { Float($0 - 4) }
    let labels = [1, 0, 2, 2, 1]
    let integers = values.map(Int.init)
    let types: [(UInt32, [UInt8])] = [
      (0x09, bytes(integers.map(Int8.init))),
      (0x0B, bytes(integers.map(Int16.init), isBigEndian: true)),
      (0x0C, bytes(integers.map(Int32.init), isBigEndian: true)),
      (0x0D, bytes(values.map(\.bitPattern), isBigEndian: true)),
      (0x0E, bytes(values.map { Double($0).bitPattern }, isBigEndian: true)),
    ]
    let labelTypes: [(UInt32, [UInt8])] = [
      (0x08, labels.map { UInt8($0) }), (0x09, labels.map { UInt8($0) }),
      (0x0B, bytes(labels.map(Int16.init), isBigEndian: true)),
      (0x0C, bytes(labels.map(Int32.init), isBigEndian: true)),
    ]
    for (index, (type, elements)) in types.enumerated() {
      for (sizes, features) in [([5, 3, 2], 2), ([5, 6], 1)] as [([UInt32], Int)] {
        let (labelType, labelElements) = labelTypes[index % labelTypes.count]
        try folder.write(
          idx(magic: type << 8 | UInt32(sizes.count), sizes: sizes, elements: elements),
          to: "train-images-idx3-ubyte")
        try folder.write(
          idx(magic: labelType << 8 | 1, sizes: [5], elements: labelElements),
          to: "train-labels-idx1-ubyte")
        let data = try load(classes: 3)
        #expect(data.form == SampleForm(steps: 6 / features, features: features))
        var (numbers, targets) = (
          [Float](repeating: -9, count: 6), [Int32](repeating: -1, count: 1)
        )
        var numberSpan = numbers.mutableSpan
        var targetSpan = targets.mutableSpan
        _ = try data.gather(shard: 0, positions: [2], into: &numberSpan, labels: &targetSpan)
        #expect(numbers == Array(values[12..<18]) && targets == [2], "\(type)")
      }
    }
    try folder.write(
      idx(magic: 0x0802, sizes: [5, 6], elements: (0..<30).map { UInt8($0) }),
      to: "train-images-idx3-ubyte")
    #expect(try load().form == SampleForm(steps: 6, features: 1, isBytes: true))
    // Numbers that are none, and labels that are no integers.
    let floats = bytes(
      [1, 1, .nan, 1, 1].map { (float: Float) in float.bitPattern }, isBigEndian: true)
    try folder.write(
      idx(magic: 0x0D02, sizes: [5, 1], elements: floats), to: "train-images-idx3-ubyte")
    let notFinite = datasetError { _ = try load() }
    #expect(notFinite?.found == "no finite number at sample 2, time step 0, feature 0")
    try folder.write(
      idx(magic: 0x0D01, sizes: [5], elements: floats), to: "train-labels-idx1-ubyte")
    #expect(datasetError { _ = try load() }?.found == "floats in 1 dimension (5)")
  }

  @Test("Files have the names of MNIST, as they are spelled, and one stands for each content")
  func names() throws {
    let (images, labels) = (idxImages(5, height: 3, width: 4), idxLabels(5))
    for (name, label) in [
      ("train-images.idx3-ubyte", "train-labels.idx1-ubyte"),
      ("train-images-idx2-float", "train-labels-idx1-int"),
      ("train-images-idx3-ubyte", "train-labels.idx1-ubyte.gz"),
    ] {
      try folder.write(images, to: name)
      try folder.write(label.hasSuffix(".gz") ? gzip(labels) : labels, to: label)
      #expect(try load().sampleCount == 5, "\(name)")
      try folder.remove(name)
      try folder.remove(label)
    }
    try folder.write(images, to: "test-images-idx3-ubyte")
    try folder.write(labels, to: "test-labels-idx1-ubyte")
    let test = try ShardedDataset(directory: folder.path, part: .test, classes: 10)
    #expect(test.sampleCount == 5)
    try folder.write(images, to: "t10k-images.idx3-ubyte")
    let two = datasetError {
      _ = try ShardedDataset(directory: folder.path, part: .test, classes: 10)
    }
    #expect(two?.kind == .countMismatch)
    #expect(two?.found.contains("/t10k-images.idx3-ubyte and ") == true)
  }

  @Test("Other types and other files are named for what they are")
  func otherTypes() throws {
    let type = try imageError(idx(magic: 0x0A03, sizes: [1, 1, 1], elements: [0, 0, 0, 0]))
    #expect(type?.kind == .wrongMagic)
    #expect(type?.description.contains("0x00000a03") == true)
    let dimensions = try imageError(idx(magic: 0x0804, sizes: [1, 1, 1, 1], elements: [0]))
    #expect(dimensions?.kind == .wrongDimensions && dimensions?.found == "4 dimensions")
    let page = try imageError(Array("<!DOCTYPE html>".utf8))
    #expect(page?.kind == .wrongMagic)
    #expect(page?.description.contains("neither gzip nor IDX") == true)
  }

  @Test("Empty and cut headers are too short")
  func shortHeader() throws {
    for count in [0, 1, 3, 4, 15] {
      let error = try imageError(Array(idxImages(1, height: 1, width: 1)[..<count]))
      #expect(error?.kind == .shortFile)
      #expect(error?.reason.hasPrefix("found \(counted(count, "byte"));") == true)
    }
  }

  @Test("Dimensions of zero or beyond reason are refused")
  func dimensions() throws {
    let wrong: [[UInt32]] = [[0, 2, 2], [2, 0, 2], [2, 2, 0], [1, .max, .max]]
    for sizes in wrong {
      let error = try imageError(idx(magic: 0x0803, sizes: sizes, elements: [1, 2, 3, 4]))
      #expect(error?.kind == .wrongDimensions)
    }
    let path = try folder.write(idx(magic: 0x0801, sizes: [0], elements: []), to: "labels")
    #expect(datasetError { _ = try idxFile(path) }?.kind == .wrongDimensions)
  }

  @Test("A header that promises half a petabyte costs no memory, only an error")
  func lyingHeader() throws {
    let error = try imageError(
      idx(magic: 0x0803, sizes: [1 << 20, 1 << 15, 1 << 14], elements: [1, 2, 3]))
    #expect(error?.kind == .shortFile)
    #expect(error?.reason.hasPrefix("found 19 bytes;") == true)
    let compressed = try imageError(
      gzip(idx(magic: 0x0803, sizes: [1 << 20, 1 << 15, 1 << 14], elements: [1, 2, 3])))
    #expect(compressed?.kind == .shortFile)
    #expect(compressed?.reason.hasPrefix("found 19 bytes;") == true)
  }

  @Test("A short file says how many bytes it has and how many it should have")
  func short() throws {
    let error = try imageError(Array(idxImages(3, height: 4, width: 5).dropLast()))
    #expect(error?.kind == .shortFile)
    #expect(error?.reason.hasPrefix("found 75 bytes;") == true)
    #expect(error?.reason.contains("76 bytes") == true)
  }

  @Test("Bytes after the last image are refused, near or far")
  func trailing() throws {
    let bytes = idxImages(3, height: 4, width: 5)
    #expect(try imageError(bytes + [0])?.kind == .trailingBytes)
    let far = bytes + [UInt8](repeating: 0, count: 1 << 17)
    #expect(try imageError(far)?.kind == .trailingBytes)
    #expect(try imageError(gzip(far))?.kind == .trailingBytes)
  }

  @Test("A cut, altered or lengthened gzip stream is refused")
  func gzipDamage() throws {
    let whole = gzip(idxImages(300, height: 10, width: 10))
    let cut = try imageError(Array(whole.dropLast(9)))
    #expect(cut?.kind == .damagedGzip)
    #expect(cut?.description.contains("cut off") == true)
    var altered = whole
    altered[altered.count - 6] ^= 1
    let checksum = try imageError(altered)
    #expect(checksum?.kind == .damagedGzip)
    #expect(checksum?.description.contains("data check") == true)
    #expect(try imageError(whole + [1])?.kind == .damagedGzip)
    #expect(try imageError(whole + Array("garbage".utf8))?.kind == .damagedGzip)
    #expect(try imageError(Array(whole[..<2]))?.kind == .damagedGzip)
    #expect(try imageError([0x1F, 0x8B] + Array("garbage".utf8))?.kind == .damagedGzip)
    #expect(try imageError(gzip([]))?.kind == .shortFile)
  }

  @Test("A gzip stream of a thousandth of its contents is refused beyond 64 MiB, and read below")
  func bomb() throws {
    func zeros(_ count: UInt32) -> [UInt8] {
      idx(
        magic: 0x0803, sizes: [count, 1024, 1024],
        elements: [UInt8](repeating: 0, count: Int(count) << 20))
    }
    let error = try imageError(gzip(zeros(80)))
    #expect(error?.kind == .damagedGzip)
    #expect(error?.description.contains("at most 200 times as many") == true)
    #expect(error?.description.contains("gunzip") == true)
    var small = try idxFile(folder.write(gzip(zeros(60)), to: "images"))
    var count = 0
    _ = try small.forEachRun(of: 1 << 20) { count += $1.count }
    #expect(count == 60 << 20)
  }

  @Test("A label beyond the classes is reported with its index, also in a shard of another rank")
  func labelRange() throws {
    var bytes = idxLabels(70_000)
    bytes[8 + 69_001] = 11
    try folder.write(gzip(bytes), to: "train-labels-idx1-ubyte.gz")
    try folder.write(idxImages(70_000, height: 1, width: 1), to: "train-images-idx3-ubyte")
    func load(classes: Int) throws -> ShardedDataset {
      try ShardedDataset(
        directory: folder.path, part: .training, shardCount: 2, shards: 0..<1, classes: classes)
    }
    let error = datasetError { _ = try load(classes: 10) }
    #expect(error?.kind == .labelOutOfRange)
    #expect(error?.reason.hasPrefix("found label 11 at index 69001;") == true)
    #expect(try load(classes: 12).label(at: 69_000) == 0)
  }

  @Test("Mutated files never trap", arguments: 0..<8)
  func fuzz(seed: UInt64) throws {
    var random = SplitMix64(state: seed)
    let images = idxImages(5, height: 3, width: 4)
    let labels = idxLabels(5)
    for _ in 0..<500 {
      let plain = Bool.random(using: &random) ? images : labels
      var bytes = Bool.random(using: &random) ? plain : gzip(plain)
      for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[at] = .random(in: 0...255, using: &random)
        case 1: bytes.removeSubrange(at...)
        case 2: bytes.insert(.random(in: 0...255, using: &random), at: at)
        default: bytes[at] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
        }
      }
      let path = try folder.write(bytes, to: "mutated")
      do throws(DatasetError) {
        var file = try idxFile(path)
        _ = try file.elements()
      } catch {}
    }
  }
}
