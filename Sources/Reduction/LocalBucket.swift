import Tensors

/// A bucket of a rank that has all shards: the sum along the tree ends in its first row.
final class LocalBucket<Element: ReductionElement>: ReductionBucket {
  private let range: Range<Int>
  private let tree: ReductionTree

  init(_ range: Range<Int>, _ tree: ReductionTree) {
    self.range = range
    self.tree = tree
  }

  func start(_ gradients: [Matrix]) {
    tree.sumOwn(gradients, range, as: Element.self)
    // A single shard's gradient is a sum without an addition that would have rounded it.
    Element.round(gradients[0].columns(range))
  }

  func advance(_: ReductionStage) -> Bool { true }
}
