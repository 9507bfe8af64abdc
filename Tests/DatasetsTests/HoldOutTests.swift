import Datasets
import Testing
import TestSupport

@Suite("Samples that are held out")
struct HoldOutTests {
  @Test(
    "Each sample is in one part, and the parts count theirs in the order of the file",
    arguments: [(1, 0), (2, 1), (10, 3), (203, 60), (1000, 999), (1000, 500), (60_000, 10_000)])
  func partition(sampleCount: Int, heldOut: Int) throws {
    let holdOut = try HoldOut(sampleCount: sampleCount, heldOut: heldOut)
    var next = (training: 0, validation: 0)
    for index in 0..<sampleCount {
      let place = holdOut.place(ofSample: index)
      if place.isHeldOut {
        #expect(place.number == next.validation)
        next.validation += 1
      } else {
        #expect(place.number == next.training)
        next.training += 1
      }
    }
    #expect(next == (sampleCount - heldOut, heldOut))
    #expect(holdOut.count(of: .training) == next.training)
    #expect(holdOut.count(of: .validation) == next.validation)
  }

  @Test("Every stretch of the file gives its share, at places without a period")
  func spread() throws {
    let holdOut = try HoldOut(sampleCount: 6000, heldOut: 1000)
    let chosen = (0..<6000).filter { holdOut.place(ofSample: $0).isHeldOut }
    for class_ in 0..<10 {
      #expect(chosen.filter { $0 / 600 == class_ }.count == 100)
      #expect((70...130).contains(chosen.filter { $0 % 10 == class_ }.count))
    }
  }

  /// A change here would put samples that a model was trained on among those that it is judged by.
  @Test("What is held out of a known set stays what it was")
  func pinned() throws {
    let holdOut = try HoldOut(sampleCount: 30, heldOut: 6)
    let chosen = (0..<30).filter { holdOut.place(ofSample: $0).isHeldOut }
    #expect(chosen == [1, 9, 13, 16, 22, 27])
  }

  @Test("Counts as large as a file can claim do not overflow")
  func huge() throws {
    let holdOut = try HoldOut(sampleCount: 1 << 40, heldOut: 1 << 30)
    let last = holdOut.place(ofSample: 1 << 40 - 1)
    #expect(last.number >= 1 << 30 - 1)
  }

  @Test("At least one sample must be left to learn from")
  func impossible() {
    for heldOut in [-1, 10, 11, Int.max] {
      #expect(
        datasetError { _ = try HoldOut(sampleCount: 10, heldOut: heldOut) }?.kind
          == .impossibleLayout)
    }
  }

  @Test("A sample for each shard must be left, or what is held out is to blame, not the shards")
  func shards() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      idx(magic: 0x0803, sizes: [10, 1, 1], elements: (0..<10).map { UInt8($0) }),
      to: "train-images-idx3-ubyte")
    try folder.write(idxLabels(10), to: "train-labels-idx1-ubyte")
    func load(shards: Int, heldOut: Int) throws {
      _ = try ShardedDataset(
        directory: folder.path, part: .training, shardCount: shards, classes: 10, heldOut: heldOut)
    }
    try load(shards: 4, heldOut: 6)
    let validation = datasetError { try load(shards: 4, heldOut: 7) }
    #expect(validation?.subject == "data.validation", "\(validation as Any)")
    #expect(
      validation?.reason.hasPrefix("found 7 of 10 samples, which leaves 3 to learn from;") == true)
    #expect(datasetError { try load(shards: 11, heldOut: 7) }?.subject == "data.shards")
  }

  @Test("The parts of a file together are the file, and nothing is in both")
  func parts() throws {
    let folder = try TemporaryFolder()
    let (height, width, count, heldOut) = (2, 2, 41, 12)
    // Each image says which one it is.
    try folder.write(
      idx(
        magic: 0x0803, sizes: [UInt32(count), UInt32(height), UInt32(width)],
        elements: (0..<count).flatMap { Array(repeating: UInt8($0), count: height * width) }),
      to: "train-images-idx3-ubyte")
    try folder.write(idxLabels(count, classes: 7), to: "train-labels-idx1-ubyte")
    func samples(_ part: DatasetPart, shardCount: Int, shards: Range<Int>) throws -> [Int] {
      let data = try ShardedDataset(
        directory: folder.path, part: part, shardCount: shardCount, shards: shards, classes: 7,
        heldOut: heldOut)
      #expect(data.sampleCount == (part == .training ? count - heldOut : heldOut))
      return try (0..<data.sampleCount).filter { shards.contains($0 % shardCount) }.map { index in
        let sample = Int(try #require(try data.image(at: index))[0])
        #expect(try data.label(at: index) == sample % 7)
        return sample
      }
    }
    let validation = try samples(.validation, shardCount: 1, shards: 0..<1)
    let training = try samples(.training, shardCount: 1, shards: 0..<1)
    #expect((training + validation).sorted() == Array(0..<count))
    #expect(validation == validation.sorted() && training == training.sorted())
    for worldSize in 1...4 {
      let dealt = try (0..<worldSize).flatMap { rank in
        try samples(
          .training, shardCount: 4,
          shards: ShardLayout.shards(ofRank: rank, worldSize: worldSize, shardCount: 4))
      }
      #expect(dealt.sorted() == training)
    }
  }
}
