import Datasets
import Files
import Foundation
import Tensors
import Testing
import TestSupport

@Suite("Sharded data sets")
struct ShardedDatasetTests {
  let folder: TemporaryFolder
  let images = idxImages(11, height: 3, width: 2)
  let labels = idxLabels(11, classes: 4)

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(gzip(images), to: "train-images-idx3-ubyte.gz")
    try folder.write(labels, to: "train-labels-idx1-ubyte")
  }

  func load(
    _ part: DatasetPart = .training, shardCount: Int = 1, shards: Range<Int> = 0..<1,
    classes: Int = 4
  ) throws -> ShardedDataset {
    try ShardedDataset(
      directory: folder.path, part: part, shardCount: shardCount, shards: shards,
      classes: classes)
  }

  func image(_ index: Int) -> [UInt8] { Array(images[16 + index * 6..<16 + (index + 1) * 6]) }

  @Test("Gathering is time-major and scales each byte as Float(byte) / 255")
  func gather() throws {
    let data = try load(shardCount: 3, shards: 1..<3)
    let positions = [2, 0, 1]
    var pixels = [Float](repeating: -1, count: 3 * 3 * 2)
    var targets = [Int32](repeating: -1, count: 3)
    var pixelSpan = pixels.mutableSpan
    var targetSpan = targets.mutableSpan
    _ = try data.gather(shard: 2, positions: positions[...], into: &pixelSpan, labels: &targetSpan)
    for (row, position) in positions.enumerated() {
      let index = position * 3 + 2
      #expect(targets[row] == Int32(index % 4))
      for time in 0..<3 {
        for x in 0..<2 {
          let expected = Float(image(index)[time * 2 + x]) / 255
          #expect(pixels[(time * 3 + row) * 2 + x] == expected)
        }
      }
    }
  }

  @Test("Reading ends when the caller asks for it")
  func cancellation() {
    for answers in 0..<3 {
      var asked = 0
      let error = #expect(throws: DatasetError.self) {
        try ShardedDataset(directory: folder.path, part: .training, classes: 4) {
          asked += 1
          return asked > answers
        }
      }
      #expect(error?.kind == .cancelled && asked == answers + 1)
    }
  }

  @Test("Gathering what is not held is an error and writes nothing")
  func gatherStranger() throws {
    let data = try load(shardCount: 3, shards: 1..<3)
    var pixels = [Float](repeating: -1, count: 6)
    var targets = [Int32](repeating: -1, count: 1)
    for (shard, position) in [(0, 0), (3, 0), (1, 4), (2, 3), (1, -1)] {
      var pixelSpan = pixels.mutableSpan
      var targetSpan = targets.mutableSpan
      do {
        _ = try data.gather(
          shard: shard, positions: [position], into: &pixelSpan, labels: &targetSpan)
        Issue.record("shard \(shard) gave position \(position)")
      } catch {
        #expect(error.kind == .noSuchSample)
      }
    }
    #expect(pixels == Array(repeating: -1, count: 6) && targets == [-1])
  }

  @Test("One image and its label are found by their index in the file")
  func randomAccess() throws {
    let whole = try load()
    for index in 0..<11 {
      #expect(try whole.image(at: index) == image(index))
      #expect(try whole.label(at: index) == index % 4)
    }
    let part = try load(shardCount: 4, shards: 1..<2)
    #expect(try part.image(at: 9) == image(9))
    for index in [-1, 11, Int.max, Int.min] {
      #expect(datasetError { _ = try whole.image(at: index) }?.kind == .noSuchSample)
    }
    #expect(datasetError { _ = try part.label(at: 8) }?.kind == .noSuchSample)
  }

  @Test("Ranks that hold different shards see the same digests and the same number of samples")
  func digests() throws {
    for rank in 0..<3 {
      let shards = try ShardLayout.shards(ofRank: rank, worldSize: 3, shardCount: 5)
      let data = try load(shardCount: 5, shards: shards)
      #expect(data.sampleCount == 11)
      #expect(try data.digests.samples == SHA256Digest(of: images))
      #expect(try data.digests.labels == SHA256Digest(of: labels))
    }
  }

  @Test("Ranks that share the memory of all their shards have the samples of those that do not")
  func sharedMemory() throws {
    var files = try DatasetFiles(
      directory: folder.path, part: .training, shardCount: 5, classes: 4)
    let places = files.sizes.places(1..<4)
    #expect(places.byteCount == (2 + 2 + 2) * (3 * 2 + 4))
    let memory = try AlignedBuffer<UInt8>(count: places.byteCount)
    let digests = try memory.withMutableSpan { try files.read(places, into: &$0) }
    for shards in [1..<2, 2..<4] {
      let data = ShardedDataset(
        files.sizes, shards: shards, digests: digests, places: places, memory: memory)
      let alone = try load(shardCount: 5, shards: shards)
      #expect(data.digests == alone.digests && data.sizes == alone.sizes)
      for index in 0..<11 where shards.contains(index % 5) {
        #expect(try data.image(at: index) == image(index))
        #expect(try data.image(at: index) == alone.image(at: index))
        #expect(try data.label(at: index) == index % 4)
      }
      #expect(datasetError { _ = try data.image(at: 5) }?.kind == .noSuchSample)
    }
  }

  @Test("A missing file is an error that names both its names and how to get it")
  func missing() {
    let error = datasetError { _ = try load(.test) }
    #expect(error?.kind == .missingFile)
    let text = error?.description ?? ""
    #expect(text.contains("\(folder.path)/t10k-images-idx3-ubyte.gz"))
    #expect(text.contains("\(folder.path)/t10k-images-idx3-ubyte;"))
    #expect(!text.contains("fetch-data") && !text.contains("apt-get"))
    for (name, source) in [
      ("fashion-mnist", "apt-get install dataset-fashion-mnist, or launch/fetch-data"),
      ("kmnist", "get the data (launch/fetch-data kmnist)"),
    ] {
      let known = datasetError {
        _ = try DatasetFolder("\(folder.path)/\(name)").paths(of: .test, .idx)
      }
      #expect(known?.description.contains(source) == true)
    }
    #expect(text.contains("data.directory"))
  }

  @Test("Image and label files of different lengths do not go together")
  func mismatch() throws {
    try folder.write(idxLabels(12, classes: 4), to: "train-labels-idx1-ubyte")
    let error = datasetError { _ = try load() }
    #expect(error?.kind == .countMismatch)
    #expect(error?.reason.hasPrefix("found 12 labels; expected 11,") == true)
  }

  @Test("Shards or classes that cannot be had are refused, also by the billion")
  func impossible() {
    let attempts: [() throws -> Void] = [
      { _ = try load(shardCount: 0, shards: 0..<0) },
      { _ = try load(shardCount: 2, shards: 1..<3) },
      { _ = try load(shardCount: 12) },
      { _ = try load(shardCount: .max, shards: 0..<(.max)) },
      { _ = try load(classes: 0) },
    ]
    for attempt in attempts { #expect(datasetError(from: attempt)?.kind == .impossibleLayout) }
    #expect(datasetError { _ = try load(classes: 3) }?.kind == .labelOutOfRange)
  }

  static let fashionMNIST = "/usr/share/datasets/fashion-mnist"

  @Test(
    "FashionMNIST has 60,000 and 10,000 images of 28 × 28 in ten even classes",
    .enabled(if: FileManager.default.fileExists(atPath: fashionMNIST)))
  func fashion() throws {
    for (part, count) in [(DatasetPart.training, 60_000), (.test, 10_000)] {
      let data = try ShardedDataset(directory: Self.fashionMNIST, part: part, classes: 10)
      #expect(
        data.sampleCount == count
          && data.form == SampleForm(steps: 28, features: 28, isBytes: true))
      var counts = [Int](repeating: 0, count: 10)
      for index in 0..<count { counts[try data.label(at: index)] += 1 }
      #expect(counts == Array(repeating: count / 10, count: 10))
    }
  }
}
