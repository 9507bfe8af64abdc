import Files

/// Deals samples out to logical shards, and logical shards to ranks.
///
/// Sample i belongs to shard i mod S, so that a file sorted by class still gives balanced shards,
/// and stands there at position i / S.
package struct ShardLayout: Equatable, Sendable {
  /// N, the number of samples in the data set.
  package let sampleCount: Int
  /// S, the number of logical shards, at most N.
  package let shardCount: Int

  /// A layout of `sampleCount` samples over `shardCount` shards.
  ///
  /// - Throws: ``DatasetError`` unless 1 ≤ `shardCount` ≤ `sampleCount`, for no shard may be empty.
  package init(sampleCount: Int, shardCount: Int) throws(DatasetError) {
    guard shardCount >= 1, shardCount <= sampleCount else {
      throw DatasetError(
        .impossibleLayout, in: "data.shards", found: counted(shardCount, "shard"),
        expected: "from 1 to \(max(sampleCount, 1)) shards for \(counted(sampleCount, "sample"))",
        advice: "set data.shards to a number in that range")
    }
    self.sampleCount = sampleCount
    self.shardCount = shardCount
  }

  /// The number of samples in `shard`; 0 for a shard that is not in 0 ..< `shardCount`.
  package func sampleCount(inShard shard: Int) -> Int {
    placesBefore(sampleCount, inShard: shard)
  }

  /// The shard that sample `index` belongs to: `index` mod S.
  package func shard(ofSample index: Int) -> Int { index % shardCount }

  /// The position of sample `index` in its shard: `index` / S.
  package func position(ofSample index: Int) -> Int { index / shardCount }

  /// The index in the data set of the sample at `position` in `shard`: `position` · S + `shard`.
  package func globalIndex(shard: Int, position: Int) -> Int {
    position &* shardCount &+ shard
  }

  /// The number of indices in 0 ..< `end` that belong to `shard`.
  func placesBefore(_ end: Int, inShard shard: Int) -> Int {
    guard shard >= 0, shard < shardCount, end > shard else { return 0 }
    return (end - shard - 1) / shardCount + 1
  }

  /// The shards of `rank`; see ``shards(ofRank:worldSize:shardCount:)``.
  package func shards(ofRank rank: Int, worldSize: Int) throws(DatasetError) -> Range<Int> {
    try Self.shards(ofRank: rank, worldSize: worldSize, shardCount: shardCount)
  }

  /// The shards of each of `worldSize` ranks; see ``shards(ofRank:worldSize:shardCount:)``.
  package static func blocks(worldSize: Int, shardCount: Int) throws(DatasetError) -> [Range<Int>] {
    var blocks: [Range<Int>] = []
    for rank in 0..<worldSize {
      blocks.append(try shards(ofRank: rank, worldSize: worldSize, shardCount: shardCount))
    }
    return blocks
  }

  /// The shards of `rank` among `worldSize` ranks: the block r·S/np ..< (r+1)·S/np.
  ///
  /// The blocks of all ranks follow each other, cover every shard once, and differ in length by at
  /// most one.
  ///
  /// - Throws: ``DatasetError`` where `rank` is not in 0 ..< `worldSize`, or there are more ranks
  ///   than shards.
  package static func shards(
    ofRank rank: Int, worldSize: Int, shardCount: Int
  ) throws(DatasetError) -> Range<Int> {
    guard worldSize >= 1, worldSize <= shardCount else {
      throw DatasetError(
        .impossibleLayout, in: "data.shards",
        found: "\(counted(worldSize, "rank")) for \(counted(shardCount, "shard"))",
        expected: "from 1 to \(max(shardCount, 1)) ranks, so that each has a shard",
        advice: "start fewer ranks (mpirun -np), or raise data.shards, which changes the results")
    }
    guard rank >= 0, rank < worldSize else {
      throw DatasetError(
        .impossibleLayout, in: "MPI", found: "rank \(rank) of \(worldSize)",
        expected: "a rank from 0 to \(worldSize - 1)", advice: "start the job again with mpirun")
    }
    // The product may need more than 64 bits, and the quotient never does, for rank < worldSize.
    func start(_ rank: Int) -> Int {
      worldSize.dividingFullWidth(rank.multipliedFullWidth(by: shardCount)).quotient
    }
    return start(rank)..<(rank + 1 == worldSize ? shardCount : start(rank + 1))
  }
}
