import Reduction
import Testing

@Suite("The tree over shards")
struct ShardTreeTests {
  @Test(
    "The nodes of any blocks cover them once, and where the shards divide by 2, 4 or 8 ranks, each has one"
  )
  func nodes() {
    for shardCount in 1...13 {
      for ranks in 1...shardCount {
        let blocks = (0..<ranks).map { $0 * shardCount / ranks..<($0 + 1) * shardCount / ranks }
        let nodes = blocks.map { ShardTree.nodes(covering: $0, shardCount: shardCount) }
        for (block, nodes) in zip(blocks, nodes) {
          #expect(nodes.flatMap(Array.init) == Array(block), "\(shardCount) shards, \(ranks) ranks")
        }
        if ranks.nonzeroBitCount == 1 && shardCount % ranks == 0 {
          #expect(nodes.allSatisfy { $0.count == 1 })
        }
      }
    }
  }

  @Test("The sum has the same bits from the shards and from any blocks' sums")
  func sums() {
    for shardCount in 1...9 {
      let expected = total(shardCount, ranks: 1)
      for ranks in 1...shardCount {
        #expect(total(shardCount, ranks: ranks) == expected, "\(shardCount), \(ranks) ranks")
      }
    }
  }

  @Test("The order of the sum matters to the bits, so that the test above can fail")
  func orderMatters() {
    let values = (0..<9).map(value)
    #expect(total(9, ranks: 1) != values.reduce(0, +))
  }

  @Test("Sums that carry as shards are computed have the tree's bits, in few rows")
  func carried() {
    for shardCount in 1...70 {
      let tree = ShardTree.additions(
        to: 0..<shardCount, of: (0..<shardCount).map { $0..<$0 + 1 })
      var expected = (0..<shardCount).map(value)
      for addition in tree { expected[addition.sum] += expected[addition.term] }
      for groupSize in [1, 4] {
        for workers in [1, 2, 3] where workers <= shardCount {
          var (parts, sums): ([Range<Int>], [Float]) = ([], [])
          for worker in 0..<workers {
            let block = shardCount * worker / workers..<shardCount * (worker + 1) / workers
            let schedule = ShardSums(block: block, shardCount: shardCount, groupSize: groupSize)
            #expect(schedule.nodes == ShardTree.nodes(covering: block, shardCount: shardCount))
            let depth = block.count.bitWidth - block.count.leadingZeroBitCount
            #expect(schedule.rowCount <= 2 * depth + groupSize, "\(block) of \(shardCount)")
            parts += schedule.nodes
            sums += carriedSums(schedule)
          }
          #expect(sum(0..<shardCount, of: parts, sums) == expected[0], "\(shardCount), \(workers)")
        }
      }
    }
  }

  private func carriedSums(_ schedule: ShardSums) -> [Float] {
    var rows = [Float](repeating: .nan, count: schedule.rowCount)
    for group in schedule.groups {
      for (shard, row) in zip(group.shards, group.rows) { rows[row] = value(shard) }
      for addition in group.additions { rows[addition.sum] += rows[addition.term] }
    }
    return schedule.rows.map { rows[$0] }
  }

  private func value(_ shard: Int) -> Float { 1 / (3 + Float(shard * shard)) }

  private func total(_ shardCount: Int, ranks: Int) -> Float {
    var (nodes, sums): ([Range<Int>], [Float]) = ([], [])
    for rank in 0..<ranks {
      let block = rank * shardCount / ranks..<(rank + 1) * shardCount / ranks
      for node in ShardTree.nodes(covering: block, shardCount: shardCount) {
        nodes.append(node)
        sums.append(sum(node, of: node.map { $0..<$0 + 1 }, node.map(value)))
      }
    }
    return sum(0..<shardCount, of: nodes, sums)
  }

  private func sum(_ node: Range<Int>, of parts: [Range<Int>], _ values: [Float]) -> Float {
    var values = values
    for addition in ShardTree.additions(to: node, of: parts) {
      values[addition.sum] += values[addition.term]
    }
    return values[0]
  }
}
