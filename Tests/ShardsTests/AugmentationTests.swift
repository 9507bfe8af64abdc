import Shards
import Testing

@Suite("Augmentation")
struct AugmentationTests {
  let folder: TemporaryFolder
  let count = 200, height = 5, width = 4

  init() throws {
    folder = try TemporaryFolder()
    // No pixel is 0, so that zeros that come in are known.
    try folder.write(
      idx(
        magic: 0x0803, sizes: [UInt32(count), UInt32(height), UInt32(width)],
        elements: (0..<count * height * width).map { UInt8(1 + $0 * 7 % 255) }),
      to: "train-images-idx3-ubyte")
    try folder.write(idxLabels(count), to: "train-labels-idx1-ubyte")
  }

  func load(shardCount: Int, shards: Range<Int>) throws -> ShardedDataset {
    try ShardedDataset(
      directory: folder.path, split: .train, shardCount: shardCount, shards: shards, classes: 10)
  }

  func gather(
    _ data: ShardedDataset, shard: Int, _ positions: [Int], _ augmentation: Augmentation?
  ) throws -> [Float] {
    // Left over from another minibatch.
    var pixels = [Float](repeating: 9, count: positions.count * height * width)
    var targets = [Int32](repeating: 0, count: positions.count)
    var pixelSpan = pixels.mutableSpan
    var targetSpan = targets.mutableSpan
    try data.gather(
      shard: shard, positions: positions[...], augmentation: augmentation, into: &pixelSpan,
      labels: &targetSpan)
    return pixels
  }

  @Test(
    "An image is moved, zeros come in, and it is mirrored",
    arguments: [(1.0, 0), (0.0, 1), (0.5, 2), (0.5, 4), (0.3, 9)])
  func images(flip: Double, shift: Int) throws {
    let data = try load(shardCount: 3, shards: 1..<2)
    let positions = [5, 0, 11, 60, 3]
    let augmentation = try #require(
      Augmentation(flip: flip, shift: shift, seed: 7, epoch: 3))
    let pixels = try gather(data, shard: 1, positions, augmentation)
    for (row, position) in positions.enumerated() {
      let index = position * 3 + 1
      let change = augmentation.change(ofSample: index)
      let image = try data.image(at: index)
      for y in 0..<height {
        for x in 0..<width {
          let (sourceY, movedX) = (y - change.down, change.isFlipped ? width - 1 - x : x)
          let sourceX = movedX - change.right
          let isInside = (0..<height).contains(sourceY) && (0..<width).contains(sourceX)
          let expected = isInside ? Float(image[sourceY * width + sourceX]) / 255 : 0
          #expect(pixels[(y * positions.count + row) * width + x] == expected)
        }
      }
    }
  }

  @Test("What becomes of a sample does not depend on the minibatch, nor on the shards held")
  func independence() throws {
    let augmentation = try #require(Augmentation(flip: 0.5, shift: 2, seed: 1, epoch: 0))
    let (some, all) = (
      try load(shardCount: 4, shards: 2..<3), try load(shardCount: 4, shards: 0..<4)
    )
    let together = try gather(all, shard: 2, [3, 9], augmentation)
    let alone = try gather(some, shard: 2, [9], augmentation)
    for y in 0..<height {
      for x in 0..<width {
        #expect(together[(y * 2 + 1) * width + x] == alone[y * width + x])
      }
    }
    let plain = try gather(all, shard: 2, [3, 9], nil)
    #expect(together != plain)
  }

  @Test("Each shift is as likely, and a mirror image as likely as it should be")
  func distribution() throws {
    let augmentation = try #require(Augmentation(flip: 0.25, shift: 1, seed: 3, epoch: 8))
    let changes = (0..<9000).map(augmentation.change)
    #expect((2050...2450).contains(changes.filter(\.isFlipped).count))
    for down in -1...1 {
      for right in -1...1 {
        let count = changes.filter { $0.down == down && $0.right == right }.count
        #expect((880...1120).contains(count), "\(down), \(right): \(count)")
      }
    }
    let all = try #require(Augmentation(flip: 1, shift: 0, seed: 3, epoch: 8))
    #expect((0..<1000).map(all.change).allSatisfy { $0.isFlipped && $0.down == 0 && $0.right == 0 })
  }

  @Test("It depends on the seed, the epoch and the sample; there is none where nothing changes")
  func dependence() throws {
    func changes(seed: UInt64 = 3, epoch: Int = 8) throws -> [Augmentation.Change] {
      let augmentation = try #require(
        Augmentation(flip: 0.5, shift: 3, seed: seed, epoch: epoch))
      return (0..<50).map(augmentation.change)
    }
    #expect(try changes() == changes())
    #expect(try changes() != changes(seed: 4))
    #expect(try changes() != changes(epoch: 9))
    #expect(Augmentation(flip: 0, shift: 0, seed: 3, epoch: 8) == nil)
  }

  /// A change here changes every model that is trained so, and what a resumed run ends with.
  @Test("What becomes of known samples stays what it was")
  func pinned() throws {
    let augmentation = try #require(Augmentation(flip: 0.5, shift: 2, seed: 3, epoch: 2))
    let changes = (0..<8).map(augmentation.change)
    #expect(changes.map(\.isFlipped) == [false, false, false, false, true, true, false, true])
    #expect(changes.map(\.down) == [2, 2, -1, 1, -1, 0, 2, 1])
    #expect(changes.map(\.right) == [-1, 1, -2, 2, -1, -1, -1, 0])
  }
}
