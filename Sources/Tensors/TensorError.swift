/// What can go wrong below the model: memory, and the library of matrix products.
public enum TensorError: Error, Equatable, CustomStringConvertible {
  /// An allocation of this many elements failed.
  case outOfMemory(elements: Int)
  /// oneDNN's function `call` returned a status other than success.
  case oneDNN(call: String, status: Int)

  /// What happened, and what to do.
  public var description: String {
    switch self {
    case .outOfMemory(let elements):
      "out of memory: could not allocate \(elements) elements; "
        + "use a smaller train.batch or model.hidden, or fewer ranks on this host"
    case .oneDNN(let call, let status):
      "oneDNN's \(call) failed with status \(status); is the processor supported and memory free?"
    }
  }
}
