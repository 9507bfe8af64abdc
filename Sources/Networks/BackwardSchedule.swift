/// The order of the work of `backward`, as it is done: layer by layer from the top, with all passes
/// through a layer before the next.
package struct BackwardSchedule: Sendable {
  /// One piece of the work.
  package enum Work: Equatable, Sendable {
    /// The gradients of the linear layer, in all passes.
    case linear
    /// One pass through a layer, from the last time step to the first; before it the gradient of
    /// the layer above, unless it is the linear layer, with respect to its input.
    case throughTime(layer: Int, pass: Int)
    /// The gradients of the weights of a bucket in one pass.
    case weights(bucket: Int, pass: Int)
    /// One pass through the layers of a stage and their weights, segment after segment, whose states
    /// are computed again.
    case segments(stage: Range<Int>, pass: Int)
    /// Nothing more: the bucket is complete in all passes.
    case complete(bucket: Int)
  }

  /// The pieces in their order.
  package let work: [Work]

  /// The order for some passes through a classifier with parameters of this layout.
  ///
  /// - Parameter recomputes: as in the classifier's `init`.
  package init(_ layout: ParameterLayout, passes: Int, recomputes: Bool = false) {
    var work = [Work.linear]
    guard !recomputes else {
      for stage in layout.shape.stages.reversed() {
        work += (0..<passes).map { .segments(stage: stage, pass: $0) }
        work += layout.buckets.indices.filter { stage.contains(layout.buckets[$0].layer) }
          .map { .complete(bucket: $0) }
      }
      self.work = work
      return
    }
    var layer = layout.shape.layers
    for (index, bucket) in layout.buckets.enumerated() {
      if bucket.layer < layer {
        layer = bucket.layer
        work += (0..<passes).map { .throughTime(layer: bucket.layer, pass: $0) }
      }
      work += (0..<passes).map { .weights(bucket: index, pass: $0) }
      work.append(.complete(bucket: index))
    }
    self.work = work
  }
}
