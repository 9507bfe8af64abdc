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
