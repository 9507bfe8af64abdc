/// An error below the model: of memory, or of the choice of kernels.
package enum TensorError: Error, Equatable, CustomStringConvertible {
  /// An allocation of this many elements failed.
  case outOfMemory(elements: Int)
  /// The environment asks for an instruction set that this processor does not have.
  case unknownInstructionSet(String, available: [String])

  /// A sentence that says what happened, and what to do.
  package var description: String {
    switch self {
    case .outOfMemory(let elements):
      "out of memory: could not allocate \(elements) elements; "
        + "use a smaller train.batch or model.hidden, or fewer ranks on this host"
    case .unknownInstructionSet(let name, let available):
      "\(Kernels.variable) is '\(name)'; this processor has \(available.joined(separator: ", ")); "
        + "name one of them, or unset the variable"
    }
  }
}
