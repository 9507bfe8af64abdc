import Configuration
import Networks
import Reduction
import Tensors

/// The memory that a rank asks for between its data and its first step.
package struct MemoryNeed {
  /// The bytes.
  package let bytes: Int

  /// The room for what is small, or MPI's own.
  private static let reserve = 32 << 20

  /// The needs of a rank.
  ///
  /// - Parameters:
  ///   - threads: the threads that train, and those that evaluate.
  ///   - recomputes: true if states are computed again, and not all of them kept.
  ///   - isRoot: true if it is the rank that writes.
  ///   - node, world: the ranks on its host, and in all.
  init(
    _ configuration: Configuration, _ data: TrainingData, _ kernels: Kernels,
    threads: (training: Int, evaluation: Int), recomputes: Bool, isRoot: Bool, node: Int, world: Int
  ) {
    let (shape, layout, steps) = (data.shape, data.layout, data.training.form.steps)
    let isLayerwise = node < world
    let schedules = GradientWorkers.schedules(
      data.training.shards, of: data.training.layout.shardCount, threads: threads.training,
      layerwise: isLayerwise)
    let passes = configuration.train.accumulation
    let classifiers = schedules.reduce(0) { $0 + ($1.groups.map(\.shards.count).max() ?? 0) }

    // As many floats as parameters: the state, on the root once more while it is written, the
    // gradients, and the forms of the weights as they are made.
    let state =
      1 + configuration.optimizerSlotNames.count + (configuration.ema == nil ? 0 : 1)
    var buffers = (isRoot ? 2 : 1) * state + schedules.reduce(0) { $0 + $1.rowCount } + 1
    if passes > 1 { buffers += classifiers }
    var floats = PackedWeights.floatCount(shape, kernels, training: true)
    floats +=
      classifiers
      * RecurrentClassifier.floatCount(
        shape, kernels,
        maximum: BatchShape(
          rows: (data.sampler.maximumSliceCount - 1) / passes + 1, steps: steps), training: true,
        drops: configuration.model.dropout > 0, recomputes: recomputes)
    for set in [data.evaluated, data.holdsOut ? data.test : nil].compactMap({ $0 }) {
      buffers += 1
      floats += PackedWeights.floatCount(shape, kernels, training: false)
      floats +=
        threads.evaluation
        * RecurrentClassifier.floatCount(
          shape, kernels, maximum: Evaluator.maximum(of: set, shape, kernels), training: false)
    }
    bytes =
      Self.reserve + 4 * (floats + buffers * layout.count)
      + Self.reductionBytes(
        configuration.reduction.order, configuration.reduction.wire,
        nodes: schedules.reduce(0) { $0 + $1.nodes.count }, node: node, world: world)
      * layout.count
  }

  /// The bytes for each parameter that the sum over ranks takes besides the gradients, where the
  /// ranks of a host share memory.
  ///
  /// - Parameters:
  ///   - nodes: the nodes of the tree over shards that the rank computes.
  ///   - node, world: the ranks on its host, and in all.
  package static func reductionBytes(
    _ order: ReductionOrder, _ format: ReductionFormat, nodes: Int, node: Int, world: Int
  ) -> Int {
    guard world > 1 else { return 0 }
    // On one host MPI's own sum is one over ranks, each with a total and both buffers.
    if order == .native, node == world { return 3 * 4 }
    // This rank's part of the total, and copies of its nodes in a shorter format for the other ranks
    // of its host. Between hosts its part of the messages of both stages besides.
    let copies = node > 1 && format == .bfloat16 ? nodes : 0
    let messages = node < world ? (2 * nodes + 2) / node + 1 : 0
    return 4 / node + 1 + (copies + messages) * (format == .bfloat16 ? 2 : 4)
  }
}
