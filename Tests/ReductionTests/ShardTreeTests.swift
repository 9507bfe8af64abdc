import Reduction
import Testing

@Suite("The tree over shards")
struct ShardTreeTests {
  @Test(
    "The nodes of any blocks cover them once, and where the ranks are the first factors of the shards, each has one"
  )
  func nodes() {
    for shardCount in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 30, 36, 48, 64] {
      for ranks in 1...shardCount {
        let blocks = (0..<ranks).map { $0 * shardCount / ranks..<($0 + 1) * shardCount / ranks }
        let nodes = blocks.map { ShardTree(shardCount: shardCount).nodes(covering: $0) }
        for (block, nodes) in zip(blocks, nodes) {
          #expect(nodes.flatMap(Array.init) == Array(block), "\(shardCount) shards, \(ranks) ranks")
        }
        if Self.firstFactors(of: shardCount).contains(ranks) {
          #expect(nodes.allSatisfy { $0.count == 1 }, "\(shardCount) shards, \(ranks) ranks")
        }
      }
    }
  }

  /// The products of the prime factors, the largest first.
  private static func firstFactors(of shardCount: Int) -> [Int] {
    var (products, rest) = ([1], shardCount)
    while rest > 1,
      let factor = (2...rest).last(where: { factor in
        rest.isMultiple(of: factor) && !(2..<factor).contains { factor.isMultiple(of: $0) }
      })
    {
      products.append(products[products.count - 1] * factor)
      rest /= factor
    }
    return products
  }

  @Test("The sum has the same bits from the shards and from any blocks' sums")
  func sums() {
    for shardCount in 1...13 {
      let expected = total(shardCount, ranks: 1)
      for ranks in 1...shardCount {
        #expect(total(shardCount, ranks: ranks) == expected, "\(shardCount), \(ranks) ranks")
      }
    }
  }

  @Test("The order of the sum matters to the bits, so that the test above can fail")
  func orderMatters() {
    let values = (0..<13).map(value)
    #expect(total(13, ranks: 1) != values.reduce(0, +))
  }

  @Test("Sums that carry as shards are computed have the tree's bits, in few rows")
  func carried() {
    for shardCount in 1...70 {
      let tree = ShardTree(shardCount: shardCount)
      let additions = tree.additions(
        to: 0..<shardCount, of: (0..<shardCount).map { $0..<$0 + 1 })
      var expected = (0..<shardCount).map(value)
      for addition in additions { expected[addition.sum] += expected[addition.term] }
      for groupSize in [1, 4] {
        for workers in [1, 2, 3] where workers <= shardCount {
          var (parts, sums): ([Range<Int>], [Float]) = ([], [])
          for worker in 0..<workers {
            let block = shardCount * worker / workers..<shardCount * (worker + 1) / workers
            let schedule = ShardSums(block: block, shardCount: shardCount, groupSize: groupSize)
            #expect(schedule.nodes == tree.nodes(covering: block))
            let depth = block.count.bitWidth - block.count.leadingZeroBitCount
            #expect(schedule.rowCount <= 2 * depth + groupSize, "\(block) of \(shardCount)")
            parts += schedule.nodes
            sums += carriedSums(schedule)
          }
          #expect(
            sum(0..<shardCount, of: parts, sums, in: tree) == expected[0],
            "\(shardCount), \(workers)")
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
    let tree = ShardTree(shardCount: shardCount)
    var (nodes, sums): ([Range<Int>], [Float]) = ([], [])
    for rank in 0..<ranks {
      let block = rank * shardCount / ranks..<(rank + 1) * shardCount / ranks
      for node in tree.nodes(covering: block) {
        nodes.append(node)
        sums.append(sum(node, of: node.map { $0..<$0 + 1 }, node.map(value), in: tree))
      }
    }
    return sum(0..<shardCount, of: nodes, sums, in: tree)
  }

  private func sum(
    _ node: Range<Int>, of parts: [Range<Int>], _ values: [Float], in tree: ShardTree
  ) -> Float {
    var values = values
    for addition in tree.additions(to: node, of: parts) {
      values[addition.sum] += values[addition.term]
    }
    return values[0]
  }
}
