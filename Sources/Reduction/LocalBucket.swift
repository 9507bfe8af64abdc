import Tensors

/// A bucket of a rank that has all shards: the sum along the tree ends in its first row.
final class LocalBucket<Element: ReductionElement>: ReductionBucket {
  private let range: Range<Int>
  private let rows: ReductionRows
  private let tree: ReductionTree

  init(_ range: Range<Int>, of rows: ReductionRows, _ tree: ReductionTree) {
    (self.range, self.rows, self.tree) = (range, rows, tree)
  }

  func start() {
    tree.sumOwn(rows.parts, range, as: Element.self)
    // A single shard's gradient is a sum without an addition that would have rounded it.
    Element.round(rows.total.columns(range))
  }

  func advance(_: ReductionStage) -> Bool { true }
}
