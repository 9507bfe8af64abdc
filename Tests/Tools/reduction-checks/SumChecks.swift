import Glibc
import Networks
import Training

struct Unexpected: Error, CustomStringConvertible { let description: String }

let layout = ParameterLayout(
  ClassifierShape(steps: 2, inputSize: 3, hiddenSize: 9, layers: 2, classes: 3))

/// The layers; and runs of any length, some with fewer floats than there are ranks.
let cuts = [
  ArenaPieces.of(layout),
  ArenaPieces.cut(at: [1, 3, 6, 130, 131, 500, layout.count]),
]

/// Every number of shards, format and cut gives all ranks the bits that one rank alone computes.
func checkSums(_ team: Team, sharesMemory: Bool) throws {
  let alone = try ReductionChannels(
    team.world.split(color: team.rank) ?? team.world, sharesMemory: sharesMemory)
  let channels = try ReductionChannels(team.world, sharesMemory: sharesMemory)
  for shardCount in [team.size, 7, 12] {
    for (cut, pieces) in cuts.enumerated() {
      for wire in Configuration.Reduction.Wire.allCases {
        var settings = Configuration.Reduction()
        settings.wire = wire
        let expected = try GradientReduction(
          alone, shardCount: shardCount, pieces: pieces, settings)
        let found = try GradientReduction(
          channels, shardCount: shardCount, pieces: pieces, settings)
        let block = shardCount * team.rank / team.size..<shardCount * (team.rank + 1) / team.size
        for step in 0..<3 {
          let name = "\(shardCount) shards, cut \(cut), \(wire), step \(step)"
          let sum = try reduce(found, shards: block, step: step, delay: team.rank == step)
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

func checkRounding(
  _ sum: [Float], _ wire: Configuration.Reduction.Wire, _ name: String, expected: Float
) throws {
  let isRounded = sum.prefix(layout.count).allSatisfy { $0.bitPattern & 0xFFFF == 0 }
  guard isRounded == (wire == .bfloat16) else {
    throw Unexpected(description: "\(name): the sums are \(isRounded ? "" : "not ")rounded")
  }
  guard sum[layout.count] == expected else {
    throw Unexpected(
      description: "\(name): the statistics are \(sum[layout.count]), expected \(expected)")
  }
}

/// Sums one step's gradients, whose pieces start in another order in each step.
func reduce(
  _ reduction: GradientReduction, shards: Range<Int>, step: Int, delay: Bool
) throws -> [Float] {
  reduction.begin(try shards.map { try gradient($0, step: step) })
  for index in 0..<reduction.pieceCount {
    if delay { usleep(500) }
    try reduction.start((index + step) % reduction.pieceCount)
    try reduction.advance()
  }
  return try reduction.finish().elements
}

func gradient(_ shard: Int, step: Int) throws -> Arena {
  let arena = try Arena(layout, extra: 3)
  arena.all.withMutableSpan { span in
    for index in span.indices {
      span[index] = 1 / Float(3 + (shard * 31 + index * 7 + step) % 101)
    }
  }
  arena.all.withMutableSpan { span in
    guard shard == 0 else { return }
    span[5] = .infinity
    // A NaN by the lower half of its bits alone.
    span[7] = Float(bitPattern: 0x7F80_0001)
  }
  // Not a number of bfloat16.
  arena.extra.withMutableSpan { $0[0] = 257 }
  return arena
}
