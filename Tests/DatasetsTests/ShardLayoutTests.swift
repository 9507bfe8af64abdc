import Datasets
import Testing

@Suite("Shards and batches")
struct ShardLayoutTests {
  /// Awkward numbers: N not divisible by B or S, B not divisible by S, B below S and above N.
  static let cases: [(N: Int, B: Int, S: Int)] = [
    (1, 1, 1), (7, 3, 2), (10, 3, 4), (10, 100, 4), (101, 10, 7), (60, 12, 4), (23, 1, 5),
    (23, 2, 5), (64, 64, 64), (97, 13, 6), (1000, 7, 3),
  ]

  @Test("The shards hold every sample once", arguments: cases)
  func partition(N: Int, B: Int, S: Int) throws {
    let layout = try ShardLayout(sampleCount: N, shardCount: S)
    var seen: [Int] = []
    for shard in 0..<S {
      for position in 0..<layout.sampleCount(inShard: shard) {
        let index = layout.globalIndex(shard: shard, position: position)
        #expect(layout.shard(ofSample: index) == shard)
        #expect(layout.position(ofSample: index) == position)
        seen.append(index)
      }
    }
    #expect(seen.sorted() == Array(0..<N))
    #expect(layout.sampleCount(inShard: S) == 0 && layout.sampleCount(inShard: -1) == 0)
  }

  @Test("The ranks' blocks follow each other, cover the shards once, and differ by at most one")
  func blocks() throws {
    for S in 1...17 {
      for worldSize in 1...S {
        let blocks = try (0..<worldSize).map {
          try ShardLayout.shards(ofRank: $0, worldSize: worldSize, shardCount: S)
        }
        #expect(blocks.flatMap { Array($0) } == Array(0..<S))
        let counts = blocks.map(\.count)
        #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
      }
    }
    let huge = try ShardLayout.shards(ofRank: .max - 1, worldSize: .max, shardCount: .max)
    #expect(huge == Int.max - 1..<Int.max)
  }

  @Test("More ranks than shards, no shards, more shards than samples, no batch: each is an error")
  func impossible() {
    let attempts: [() throws -> Void] = [
      { _ = try ShardLayout.shards(ofRank: 0, worldSize: 5, shardCount: 4) },
      { _ = try ShardLayout.shards(ofRank: 0, worldSize: 0, shardCount: 4) },
      { _ = try ShardLayout.shards(ofRank: 4, worldSize: 4, shardCount: 4) },
      { _ = try ShardLayout.shards(ofRank: -1, worldSize: 4, shardCount: 4) },
      { _ = try ShardLayout(sampleCount: 10, shardCount: 0) },
      { _ = try ShardLayout(sampleCount: 3, shardCount: 4) },
      { _ = try ShardLayout(sampleCount: 0, shardCount: 1) },
      { _ = try BatchSampler(sampleCount: 10, batchSize: 0, shardCount: 1) },
    ]
    for attempt in attempts {
      #expect(datasetError(from: attempt)?.kind == .impossibleLayout)
    }
  }

  @Test("An epoch sees each sample once, and every batch but the last is whole", arguments: cases)
  func epoch(N: Int, B: Int, S: Int) throws {
    let sampler = try BatchSampler(sampleCount: N, batchSize: B, shardCount: S)
    let orders = (0..<S).map {
      EpochOrder(count: sampler.layout.sampleCount(inShard: $0), shard: $0, epoch: 2, seed: 5)
    }
    var seen: [Int] = []
    for step in 0..<sampler.stepsPerEpoch {
      var count = 0
      for shard in 0..<S {
        let slice = sampler.slice(step: step, shard: shard)
        #expect(slice.count <= sampler.maximumSliceCount)
        count += slice.count
        seen += orders[shard][slice].map { sampler.layout.globalIndex(shard: shard, position: $0) }
      }
      #expect(count == sampler.batchCount(step: step))
      #expect(count == min(B, N - step * B))
    }
    #expect(seen.sorted() == Array(0..<N))
    #expect(sampler.slice(step: 0, shard: 0).count == sampler.maximumSliceCount)
    #expect(
      sampler.batchCount(step: sampler.stepsPerEpoch) == 0 && sampler.batchCount(step: -1) == 0)
  }

  @Test("Without shuffling a batch is a run of the file", arguments: cases)
  func fileOrder(N: Int, B: Int, S: Int) throws {
    let sampler = try BatchSampler(sampleCount: N, batchSize: B, shardCount: S)
    for step in 0..<sampler.stepsPerEpoch {
      let batch = (0..<S).flatMap { shard in
        let count = sampler.layout.sampleCount(inShard: shard)
        let order = EpochOrder(count: count, shard: shard, epoch: 1, seed: 1, isShuffled: false)
        return order[sampler.slice(step: step, shard: shard)].map {
          sampler.layout.globalIndex(shard: shard, position: $0)
        }
      }
      #expect(batch.sorted() == Array(step * B..<min((step + 1) * B, N)))
    }
  }

  @Test("A batch as large as an integer can be is one batch")
  func hugeBatch() throws {
    let sampler = try BatchSampler(sampleCount: 10, batchSize: .max, shardCount: 3)
    #expect(sampler.stepsPerEpoch == 1)
    #expect(sampler.batchCount(step: 0) == 10)
  }

  @Test("The order depends on the seed, the epoch and the shard, and on nothing else")
  func order() {
    let order = EpochOrder(count: 100, shard: 1, epoch: 2, seed: 3).positions
    #expect(order.sorted() == Array(0..<100))
    #expect(order == EpochOrder(count: 100, shard: 1, epoch: 2, seed: 3).positions)
    #expect(order != EpochOrder(count: 100, shard: 2, epoch: 2, seed: 3).positions)
    #expect(order != EpochOrder(count: 100, shard: 1, epoch: 1, seed: 3).positions)
    #expect(order != EpochOrder(count: 100, shard: 1, epoch: 2, seed: 4).positions)
    #expect(order != Array(0..<100))
  }

  /// A change here changes every trained model: such an order is a promise to those who resume.
  @Test("The order of a known shard stays what it was")
  func pinned() {
    #expect(
      EpochOrder(count: 10, shard: 1, epoch: 2, seed: 3).positions
        == [9, 3, 6, 2, 8, 7, 0, 1, 4, 5])
  }

  @Test("Every order of a small shard comes up about as often as any other")
  func uniformOrder() {
    var counts: [[Int]: Int] = [:]
    for epoch in 0..<6000 {
      counts[EpochOrder(count: 3, shard: 0, epoch: epoch, seed: 9).positions, default: 0] += 1
    }
    #expect(counts.count == 6)
    #expect(counts.values.allSatisfy { (850...1150).contains($0) })
  }
}
