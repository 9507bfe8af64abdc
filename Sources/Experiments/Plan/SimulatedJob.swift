import Cluster
import Datasets
import Networks
import Reduction
import Training

/// The job whose step is simulated: who computes, adds and sends what, as the training's own types
/// decide it.
package struct SimulatedJob {
  /// The sizes of a job.
  package struct Size: Equatable, Sendable {
    package var hosts, ranksPerHost, threadsPerRank: Int
    /// The samples of a step, and the shards that they come from.
    package var batch, shards: Int
    /// The parts in which a slice is computed.
    package var microbatches = 1

    package init(
      hosts: Int, ranksPerHost: Int, threadsPerRank: Int, batch: Int, shards: Int,
      microbatches: Int = 1
    ) {
      (self.hosts, self.ranksPerHost) = (hosts, ranksPerHost)
      (self.threadsPerRank, self.batch) = (threadsPerRank, batch)
      (self.shards, self.microbatches) = (shards, microbatches)
    }

    var ranks: Int { hosts * ranksPerHost }
  }

  let size: Size
  let parameters: ParameterLayout
  let format: ReductionFormat
  package let layout: HostLayout
  /// The shards of each rank.
  let blocks: [Range<Int>]
  /// The ranges of the gradient, and behind it the statistics, that are summed one by one.
  package let buckets: [Range<Int>]
  /// For each bucket, who sums and moves it.
  let lanes: [BucketLanes]
  /// The samples of a step in each shard.
  let slices: [Int]
  private let isLayerwise: Bool

  /// The job of this size.
  ///
  /// - Throws: `DatasetError` where the ranks are more than the shards.
  package init(_ size: Size, _ parameters: ParameterLayout, _ format: ReductionFormat) throws {
    (self.size, self.parameters, self.format) = (size, parameters, format)
    let layout = HostLayout(
      hosts: (0..<size.hosts).map {
        Array($0 * size.ranksPerHost..<($0 + 1) * size.ranksPerHost)
      })
    self.layout = layout
    blocks = try ShardLayout.blocks(worldSize: size.ranks, shardCount: size.shards)
    isLayerwise = GradientWorkers.isLayerwise(hosts: size.hosts)
    buckets = GradientWorkers.buckets(parameters, layerwise: isLayerwise)
    lanes = buckets.enumerated().map {
      BucketLanes(bucket: $0, elementCount: $1.count, layout)
    }
    let sampler = try BatchSampler(
      sampleCount: max(size.batch, size.shards), batchSize: size.batch, shardCount: size.shards)
    slices = (0..<size.shards).map { sampler.slice(step: 0, shard: $0).count }
  }

  /// The shards of each thread of a rank, with the order of their sums.
  func schedules(ofRank rank: Int) -> [ShardSums] {
    GradientWorkers.schedules(
      blocks[rank], of: size.shards, threads: size.threadsPerRank, layerwise: isLayerwise)
  }

  /// The additions of a rank whose threads have these schedules.
  func tree(ofRank rank: Int, _ schedules: [ShardSums]) -> ReductionTree {
    ReductionTree(
      rank: rank, layout: layout, blocks: blocks, parts: schedules.flatMap(\.nodes))
  }

  /// The bytes of an element of a bucket in a message: the figures beside the gradient are floats.
  func elementSize(ofBucket bucket: Int) -> Int {
    format == .bfloat16 && bucket < buckets.count - 1 ? 2 : 4
  }
}
