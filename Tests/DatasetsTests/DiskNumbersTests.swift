import Datasets
import Files
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Numbers that stay in their file")
struct DiskNumbersTests {
  private let folder: TemporaryFolder

  /// `[23, 4, 3]`, of sequences of 1 to 4 time steps.
  init() throws {
    folder = try TemporaryFolder()
    let values = (0..<23 * 12).map { Float($0) / 7 }
    try folder.write(npy("<f4", [23, 4, 3], bytes(values)), to: "train-x.npy")
    try folder.write(npy("|u1", [23], (0..<23).map { UInt8($0 % 5) }), to: "train-y.npy")
    try folder.write(npy("<i4", [23], bytes((0..<23).map { Int32(1 + $0 * 7 % 4) })), to: "lengths")
  }

  private func load(
    onDisk: Bool, _ part: DatasetPart = .training, shards: Range<Int> = 0..<3, heldOut: Int = 0
  ) throws -> ShardedDataset {
    try ShardedDataset(
      directory: folder.path, part: part, shardCount: part == .training ? 3 : 1,
      shards: part == .training ? shards : 0..<1, classes: 5, heldOut: heldOut,
      largestInMemory: onDisk ? 0 : .max)
  }

  /// The minibatches of all samples that are held.
  private func gathered(
    _ data: ShardedDataset, augmentation: Augmentation? = nil
  ) throws -> [(numbers: [Float], labels: [Int32], mixed: [MixedLabel])] {
    try data.shards.map { shard in
      let count = data.layout.sampleCount(inShard: shard)
      let samples = try data.longestFirst(shard: shard, positions: Array(0..<count).reversed()[...])
      var numbers = [Float](repeating: -1, count: count * 12)
      var labels = [Int32](repeating: -1, count: count)
      var numberSpan = numbers.mutableSpan
      var labelSpan = labels.mutableSpan
      let mixed = try data.gather(
        shard: shard, positions: samples.positions[...], augmentation: augmentation,
        into: &numberSpan, labels: &labelSpan)
      return (numbers, labels, mixed)
    }
  }

  @Test("They are the same as in memory, of any part and any shards", arguments: [false, true])
  func same(hasLengths: Bool) throws {
    if hasLengths { try folder.write(folder.read("lengths"), to: "train-lengths.npy") }
    for (part, shards, heldOut) in [
      (DatasetPart.training, 0..<3, 0), (.training, 1..<2, 0), (.training, 1..<3, 4),
      (.validation, 0..<1, 4),
    ] {
      let memory = try load(onDisk: false, part, shards: shards, heldOut: heldOut)
      let disk = try load(onDisk: true, part, shards: shards, heldOut: heldOut)
      #expect(memory.sizes.onDisk == nil && disk.sizes.onDisk != nil)
      #expect(disk.digests == memory.digests && disk.stepCount == memory.stepCount)
      for (one, other) in zip(try gathered(disk), try gathered(memory)) {
        #expect(one.numbers == other.numbers && one.labels == other.labels)
      }
    }
  }

  @Test("Mixed samples are the same as in memory, too")
  func mixed() throws {
    let augmentation = Augmentation(flip: 0, shift: 0, mixup: 0.4, seed: 3, epoch: 1)
    for (one, other) in zip(
      try gathered(load(onDisk: true), augmentation: augmentation),
      try gathered(load(onDisk: false), augmentation: augmentation))
    {
      #expect(!one.mixed.isEmpty && one.mixed == other.mixed)
      #expect(one.numbers == other.numbers && one.labels == other.labels)
    }
  }

  @Test("A file of other bytes than a float has in memory is copied there")
  func others() throws {
    let values = (0..<23 * 12).map { Float($0) / 7 }
    let plain = try folder.read("train-x.npy")
    let files = [
      npy(">f4", [23, 4, 3], bytes(values.map(\.bitPattern), isBigEndian: true)),
      npy("<f8", [23, 4, 3], bytes(values.map { Double($0).bitPattern })),
      npy("<f4", [23, 4, 3], isFortranOrder: true, bytes(values)),
    ]
    for file in files {
      try folder.write(file, to: "train-x.npy")
      #expect(try load(onDisk: true).sizes.onDisk == nil)
    }
    try folder.write(gzip(plain), to: "train-x.npy.gz")
    #expect(try load(onDisk: true).sizes.onDisk == nil)
    try folder.remove("train-x.npy.gz")
    try folder.write(plain, to: "train-x.npy")
    // Small arrays are copied, too.
    let data = try ShardedDataset(
      directory: folder.path, part: .training, classes: 5)
    #expect(data.sizes.onDisk == nil)
  }

  @Test("What is no number is found, and a file that is written to later is an error")
  func changes() throws {
    let data = try load(onDisk: true)
    _ = try gathered(data)
    var bytes = try folder.read("train-x.npy")
    bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 0xC0, 0x7F])
    // Later by what a file system can tell apart, and in place, as a program of the user's would.
    usleep(50_000)
    let file = try #require(fopen(folder.path + "/train-x.npy", "r+"))
    #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count && fclose(file) == 0)
    let changed = datasetError { _ = try gathered(data) }
    #expect(changed?.kind == .unreadableFile)
    #expect(changed?.description.contains("somebody wrote to it") == true)
    let notFinite = datasetError { _ = try load(onDisk: true) }
    #expect(notFinite?.found == "no finite number at sample 22, time step 3, feature 2")
  }
}
