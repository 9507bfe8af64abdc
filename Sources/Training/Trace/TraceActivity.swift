import Reduction

/// An activity of a rank, which a trace shows as one bar.
package enum TraceActivity: Equatable, Sendable {
  /// A whole step, by its number.
  case step(Int)
  /// The parts of a step, on the thread that calls MPI.
  case batch, weightForms, computation, waitingForSum, norm, optimizer
  /// The work of a thread for the shards that it computes at a time.
  case gather, loss
  case forward(layer: Int)
  case recomputation(layer: Int)
  case linearGradients
  case throughTime(layer: Int)
  case weightGradients(layer: Int)
  case sums(layer: Int)
  /// The work for messages between two parts of the computation.
  case messages
  /// A bucket's way to its sum: what it waits for before a stage ends.
  case reduction(ReductionStage)

  /// The name that the picture has. Layers are counted from 1.
  var name: String {
    switch self {
    case .step(let number): "step \(number)"
    case .batch: "choose samples"
    case .weightForms: "pack weights"
    case .computation: "compute gradients"
    case .waitingForSum: "wait for the sum"
    case .norm: "gradient norm"
    case .optimizer: "optimizer"
    case .gather: "gather samples"
    case .loss: "loss"
    case .forward(let layer): "forward, layer \(layer + 1)"
    case .recomputation(let layer): "forward again, layer \(layer + 1)"
    case .linearGradients: "gradients, linear layer"
    case .throughTime(let layer): "through time, layer \(layer + 1)"
    case .weightGradients(let layer): "weight gradients, layer \(layer + 1)"
    case .sums(let layer): "sum of shards, layer \(layer + 1)"
    case .messages: "messages"
    case .reduction(.arrival): "ranks of the host sum"
    case .reduction(.exchange): "hosts exchange parts"
    case .reduction(.collection): "hosts exchange sums"
    case .reduction(.departure): "ranks of the host store the total"
    }
  }

  /// The kind, by which a picture can be searched: computing, messages, or waiting.
  var category: String {
    switch self {
    case .waitingForSum: "wait"
    case .messages, .reduction: "messages"
    default: "compute"
    }
  }
}
