import Tensors

/// A rule that changes parameters by their gradient, step by step.
///
/// Its state lives outside of it, in named slots of as many floats as there are parameters: whoever
/// writes a checkpoint writes the slots under their names, and knows nothing else of the rule. To
/// add an optimizer, add a file beside `Adam.swift` and a case to `OptimizerKind`; the compiler then
/// asks for its slots here and for its settings in Configuration's `ModuleSettings.swift`.
package protocol Optimizer: Sendable {
  /// The names of the slots, in the order in which `step` takes them and files have them.
  static var slotNames: [String] { get }

  /// Takes one step over all parameters.
  ///
  /// - Parameters:
  ///   - parameters: `[1, n]`, in and out.
  ///   - gradient: `[1, n]`.
  ///   - slots: `[1, n]` each, zero before the first step, in and out.
  ///   - number: the step's number, counted from 1.
  ///   - learningRate: that of this step.
  ///   - gradientScale: the factor that the gradient is multiplied by first, such as that of
  ///     clipping.
  func step(
    _ parameters: Matrix, gradient: Matrix, slots: [Matrix], number: Int, learningRate: Double,
    gradientScale: Float)
}

/// The optimizers by the names that a configuration has for them.
package enum OptimizerKind: String, Codable, Sendable, CaseIterable {
  /// Weight decay is added to the gradient.
  case adam
  /// Weight decay shrinks the parameters.
  case adamw
  /// Each layer's step has the length of its parameters, times the learning rate.
  case lamb
  /// Weight decay is added to the gradient, and there are no moments but momentum.
  case sgd

  /// The names of the optimizer's slots, as far as its settings need them.
  package var slotNames: [String] {
    switch self {
    case .adam, .adamw: Adam.slotNames
    case .lamb: LAMB.slotNames
    case .sgd: SGD.slotNames
    }
  }

  /// The names of all optimizers' slots: of the tensors in a checkpoint that are no parameters.
  package static var allSlotNames: Set<String> { Set(allCases.flatMap(\.slotNames)) }
}
