import Cluster
import Glibc
import Reduction
import Tensors

struct Unexpected: Error, CustomStringConvertible { let description: String }

/// The floats of a gradient, and of the figures beside it.
let gradientCount = 4_173
let figureCount = 3

/// Long runs and short ones, some with fewer floats than there are ranks; the last are the figures.
let cuts = [[1_024, 2_048, gradientCount], [1, 3, 6, 130, 131, 500, gradientCount]].map { ends in
  zip([0] + ends, ends + [gradientCount + figureCount]).map { $0..<$1 }
}

/// Every number of shards, format and cut gives all ranks the bits that one rank alone computes.
func checkSums(_ group: ProcessGroup, _ hosts: VirtualHosts) throws {
  let alone = try ReductionCommunicators(
    group.world.split(color: group.rank) ?? group.world, node: nil, layout: HostLayout(hosts: [[0]])
  )
  let communicators = try hosts.communicators(group)
  for shardCount in [group.size, 7, 12] {
    for (cut, buckets) in cuts.enumerated() {
      for wire in ReductionFormat.allCases {
        let blocks = (0..<group.size).map {
          shardCount * $0 / group.size..<shardCount * ($0 + 1) / group.size
        }
        let expected = try GradientReduction(
          alone, blocks: [0..<shardCount], buckets: buckets, format: wire)
        let found = try GradientReduction(
          communicators, blocks: blocks, buckets: buckets, format: wire)
        for step in 0..<3 {
          let name = "\(shardCount) shards, cut \(cut), \(wire), step \(step)"
          let sum = try reduce(
            found, shards: blocks[communicators.place], step: step, delay: group.rank == step)
          let whole = try reduce(expected, shards: 0..<shardCount, step: step, delay: false)
          let differing = sum.indices.first { sum[$0].bitPattern != whole[$0].bitPattern }
          if let index = differing {
            throw Unexpected(
              description: "\(name): float \(index) is \(sum[index]), expected \(whole[index])")
          }
          guard sum[5] == .infinity, sum[7].isNaN else {
            throw Unexpected(description: "\(name): \(sum[5]) and \(sum[7]) should not be finite")
          }
          try checkRounding(sum, wire, name, expected: 257 * Float(shardCount))
        }
      }
    }
  }
}

/// MPI's own sums are near those along the tree, and the same on all ranks.
func checkNativeSums(_ group: ProcessGroup, _ hosts: VirtualHosts) throws {
  let communicators = try hosts.communicators(group)
  let blocks = (0..<group.size).map { 2 * $0..<2 * $0 + 2 }
  for buckets in cuts {
    let sums = try ReductionOrder.allCases.map { order in
      let reduction = try GradientReduction(
        communicators, blocks: blocks, buckets: buckets, order: order)
      return try reduce(
        reduction, shards: blocks[communicators.place], step: 1, delay: group.rank == 1)
    }
    for (index, (tree, native)) in zip(sums[0], sums[1]).enumerated()
    where tree.isFinite && abs(tree - native) > 1e-5 * tree {
      throw Unexpected(description: "float \(index) is \(native), expected about \(tree)")
    }
    let all = try group.world.allGather(sums[1].map(\.bitPattern))
    guard all.allSatisfy({ $0 == all[0] }) else {
      throw Unexpected(description: "the ranks' sums differ")
    }
  }
}

func checkRounding(
  _ sum: [Float], _ wire: ReductionFormat, _ name: String, expected: Float
) throws {
  let isRounded = sum.prefix(gradientCount).allSatisfy { $0.bitPattern & 0xFFFF == 0 }
  guard isRounded == (wire == .bfloat16) else {
    throw Unexpected(description: "\(name): the sums are \(isRounded ? "" : "not ")rounded")
  }
  guard sum[gradientCount] == expected else {
    throw Unexpected(
      description: "\(name): the statistics are \(sum[gradientCount]), expected \(expected)")
  }
}

/// Sums one step's gradients, whose buckets start in another order in each step.
func reduce(
  _ reduction: GradientReduction, shards: Range<Int>, step: Int, delay: Bool
) throws -> [Float] {
  reduction.begin()
  for (row, shard) in zip(reduction.rows, shards) { fill(row, shard, step: step) }
  for index in 0..<reduction.bucketCount {
    if delay { usleep(500) }
    try reduction.start((index + step) % reduction.bucketCount)
    try reduction.progress()
  }
  let sum = try reduction.finish()
  // The others may be in the next step by then.
  if delay { usleep(2_000) }
  return sum.elements
}

/// Sets a row to the gradient of a shard.
func fill(_ row: AlignedBuffer<Float>, _ shard: Int, step: Int) {
  row.withMutableSpan { span in
    for index in 0..<gradientCount {
      span[index] = 1 / Float(3 + (shard * 31 + index * 7 + step) % 101)
    }
    for index in gradientCount..<gradientCount + figureCount { span[index] = 0 }
    // Not a number of bfloat16.
    span[gradientCount] = 257
    guard shard == 0 else { return }
    span[5] = .infinity
    // A NaN by the lower half of its bits alone.
    span[7] = Float(bitPattern: 0x7F80_0001)
  }
}
