import Datasets
import Tensors
import Testing
import TestSupport

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
      directory: folder.path, part: .training, shardCount: shardCount, shards: shards, classes: 10)
  }

  func gather(
    _ data: ShardedDataset, shard: Int, _ positions: [Int], _ augmentation: Augmentation?
  ) throws -> (pixels: [Float], mixed: [MixedLabel]) {
    // Left over from another minibatch.
    var pixels = [Float](repeating: 9, count: positions.count * height * width)
    var targets = [Int32](repeating: 0, count: positions.count)
    var pixelSpan = pixels.mutableSpan
    var targetSpan = targets.mutableSpan
    let mixed = try data.gather(
      shard: shard, positions: positions[...], augmentation: augmentation, into: &pixelSpan,
      labels: &targetSpan)
    return (pixels, mixed)
  }

  /// An image after its change, as pixels from 0 to 1.
  func moved(_ image: [UInt8], _ change: Augmentation.Change) -> [Float] {
    (0..<height * width).map { pixel in
      let (y, x) = pixel.quotientAndRemainder(dividingBy: width)
      let (sourceY, movedX) = (y - change.down, change.isFlipped ? width - 1 - x : x)
      let sourceX = movedX - change.right
      let isInside = (0..<height).contains(sourceY) && (0..<width).contains(sourceX)
      return isInside ? Float(image[sourceY * width + sourceX]) / 255 : 0
    }
  }

  @Test(
    "An image is moved, zeros come in, and it is mirrored",
    arguments: [(1.0, 0), (0.0, 1), (0.5, 2), (0.5, 4), (0.3, 9)])
  func images(flip: Double, shift: Int) throws {
    let data = try load(shardCount: 3, shards: 1..<2)
    let positions = [5, 0, 11, 60, 3] + Array(20..<50)
    let augmentation = try #require(
      Augmentation(flip: flip, shift: shift, mixup: 0, seed: 7, epoch: 3))
    let (pixels, mixed) = try gather(data, shard: 1, positions, augmentation)
    #expect(mixed.isEmpty)
    let rights = positions.map { augmentation.change(ofSample: $0 * 3 + 1).right }
    #expect(rights.contains(-shift) && rights.contains(shift))
    for (row, position) in positions.enumerated() {
      let index = position * 3 + 1
      let expected = moved(
        try #require(try data.image(at: index)), augmentation.change(ofSample: index))
      for y in 0..<height {
        for x in 0..<width {
          #expect(pixels[(y * positions.count + row) * width + x] == expected[y * width + x])
        }
      }
    }
  }

  @Test(
    "What becomes of a sample does not depend on the minibatch, nor on the shards held",
    arguments: [0.0, 0.4])
  func independence(mixup: Double) throws {
    let augmentation = try #require(
      Augmentation(flip: 0.5, shift: 2, mixup: mixup, seed: 1, epoch: 0))
    let (some, all) = (
      try load(shardCount: 4, shards: 2..<3), try load(shardCount: 4, shards: 0..<4)
    )
    let together = try gather(all, shard: 2, [3, 9], augmentation)
    let alone = try gather(some, shard: 2, [9], augmentation)
    for y in 0..<height {
      for x in 0..<width {
        #expect(together.pixels[(y * 2 + 1) * width + x] == alone.pixels[y * width + x])
      }
    }
    #expect(together.mixed.suffix(1) == alone.mixed[...])
    let plain = try gather(all, shard: 2, [3, 9], nil)
    #expect(together.pixels != plain.pixels)
  }

  @Test("Each shift is as likely, and a mirror image as likely as it should be")
  func distribution() throws {
    let augmentation = try #require(Augmentation(flip: 0.25, shift: 1, mixup: 0, seed: 3, epoch: 8))
    let changes = (0..<9000).map(augmentation.change)
    #expect((2050...2450).contains(changes.filter(\.isFlipped).count))
    for down in -1...1 {
      for right in -1...1 {
        let count = changes.filter { $0.down == down && $0.right == right }.count
        #expect((880...1120).contains(count), "\(down), \(right): \(count)")
      }
    }
    let all = try #require(Augmentation(flip: 1, shift: 0, mixup: 0, seed: 3, epoch: 8))
    #expect((0..<1000).map(all.change).allSatisfy { $0.isFlipped && $0.down == 0 && $0.right == 0 })
  }

  @Test(
    "An image is mixed with one of its shard at random, which is changed for itself, as is its label",
    arguments: [(0.0, 0), (0.5, 2)])
  func mixes(flip: Double, shift: Int) throws {
    let data = try load(shardCount: 3, shards: 1..<2)
    let shardSize = data.layout.sampleCount(inShard: 1)
    let positions = [5, 0, 11, 60, 3]
    let augmentation = try #require(
      Augmentation(flip: flip, shift: shift, mixup: 1, seed: 7, epoch: 3))
    let (pixels, mixed) = try gather(data, shard: 1, positions, augmentation)
    #expect(mixed.count == positions.count)
    for (row, (position, label)) in zip(positions, mixed).enumerated() {
      let index = data.layout.globalIndex(shard: 1, position: position)
      let mix = try #require(augmentation.mix(ofSample: index, shardSize: shardSize))
      let other = data.layout.globalIndex(shard: 1, position: mix.position)
      #expect(label == MixedLabel(label: Int32(other % 10), share: mix.share))
      let own = moved(try #require(try data.image(at: index)), augmentation.change(ofSample: index))
      let its = moved(try #require(try data.image(at: other)), mix.change)
      for y in 0..<height {
        for x in 0..<width {
          let (a, b) = (own[y * width + x], its[y * width + x])
          let expected = (1 - mix.share) * a + mix.share * b
          #expect(pixels[(y * positions.count + row) * width + x] == expected)
        }
      }
    }
  }

  @Test("The share of a mix has the distribution it should have", arguments: [1.0, 0.5, 0.2])
  func shares(alpha: Double) throws {
    let count = 20_000
    let augmentation = try #require(
      Augmentation(flip: 0.5, shift: 1, mixup: alpha, seed: 3, epoch: 8))
    let mixes = try (0..<count).map {
      try #require(augmentation.mix(ofSample: $0, shardSize: 10))
    }
    #expect(mixes.allSatisfy { $0.share >= 0 && $0.share <= 0.5 })
    // x (1 - x) is the same for both shares: for Beta(alpha, alpha) its mean is alpha / (4 alpha +
    // 2).
    let products = mixes.map { Double($0.share) * Double(1 - $0.share) }
    let mean = products.reduce(0, +) / Double(count)
    #expect(abs(mean - alpha / (4 * alpha + 2)) < 0.003, "\(mean)")
    // Half of Beta(1, 1) is within 1/4 of an end, and a third of Beta(1/2, 1/2), the arcsine
    // distribution, within sin²(15°).
    if let (quantile, part) = [1: (0.25, 0.5), 0.5: (0.0669873, 1.0 / 3)][alpha] {
      let below = Double(mixes.filter { Double($0.share) < quantile }.count) / Double(count)
      #expect(abs(below - part) < 0.015, "\(below)")
    }
    for position in 0..<10 {
      #expect((1800...2200).contains(mixes.filter { $0.position == position }.count))
    }
    #expect((9600...10400).contains(mixes.filter(\.change.isFlipped).count))
    // Independent of what becomes of the sample itself.
    let same = (0..<count).filter { augmentation.change(ofSample: $0) == mixes[$0].change }.count
    #expect((900...1330).contains(same), "\(same) of \(count) where a part in 18 is expected")
  }

  @Test("The smallest alpha mixes nothing", arguments: [1e-300, Double.leastNonzeroMagnitude])
  func smallest(alpha: Double) throws {
    let augmentation = try #require(
      Augmentation(flip: 0, shift: 0, mixup: alpha, seed: 3, epoch: 8))
    for index in 0..<1000 {
      let share = try #require(augmentation.mix(ofSample: index, shardSize: 10)).share
      #expect(share == 0)
    }
  }

  @Test("It depends on the seed, the epoch and the sample; there is none where nothing changes")
  func dependence() throws {
    func changes(seed: UInt64 = 3, epoch: Int = 8) throws -> [Augmentation.Change] {
      let augmentation = try #require(
        Augmentation(flip: 0.5, shift: 3, mixup: 0, seed: seed, epoch: epoch))
      return (0..<50).map(augmentation.change)
    }
    func mixes(seed: UInt64 = 3, epoch: Int = 8) throws -> [Augmentation.Mix?] {
      let augmentation = try #require(
        Augmentation(flip: 0, shift: 0, mixup: 0.2, seed: seed, epoch: epoch))
      return (0..<50).map { augmentation.mix(ofSample: $0, shardSize: 1000) }
    }
    #expect(try changes() == changes() && mixes() == mixes())
    #expect(try changes() != changes(seed: 4) && mixes() != mixes(seed: 4))
    #expect(try changes() != changes(epoch: 9) && mixes() != mixes(epoch: 9))
    #expect(Augmentation(flip: 0, shift: 0, mixup: 0, seed: 3, epoch: 8) == nil)
  }

  /// A change here changes every model that is trained so, and what a resumed run ends with.
  @Test("What becomes of known samples stays what it was")
  func pinned() throws {
    let augmentation = try #require(Augmentation(flip: 0.5, shift: 2, mixup: 0, seed: 3, epoch: 2))
    let changes = (0..<8).map(augmentation.change)
    #expect(changes.map(\.isFlipped) == [false, false, false, false, true, true, false, true])
    #expect(changes.map(\.down) == [2, 2, -1, 1, -1, 0, 2, 1])
    #expect(changes.map(\.right) == [-1, 1, -2, 2, -1, -1, -1, 0])
    let mixing = try #require(Augmentation(flip: 0.5, shift: 2, mixup: 0.2, seed: 3, epoch: 2))
    #expect((0..<8).map(mixing.change) == changes)
    let mixes = (0..<4).compactMap { mixing.mix(ofSample: $0, shardSize: 1000) }
    #expect(mixes.map(\.position) == [376, 930, 191, 97])
    #expect(mixes.map(\.change.down) == [0, -1, -1, -1])
    #expect(mixes.map(\.share) == [9.786165e-07, 0.015859125, 0.013429517, 0.00014001624])
  }
}
