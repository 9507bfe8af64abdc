import Networks

/// The floating-point operations of the matrix products that one sample needs, with two to a
/// multiply-add; what is element by element is not counted.
package struct OperationCount: Equatable, Sendable {
  /// The operations of the forward pass.
  package let forward: Int
  /// The operations of the gradients of the weights.
  package let weightGradients: Int
  /// The operations of the gradients of states and of the layers' inputs, but for the images.
  package let dataGradients: Int

  /// The operations of a step of training.
  package var training: Int { forward + weightGradients + dataGradients }

  /// The operations of training on a sequence, as a mean over sequences of `meanSteps` time steps
  /// each in the mean: those of a time step more are always as many.
  package static func training(_ shape: ClassifierShape, meanSteps: Double) -> Double {
    let (one, two) = (Self(shape, steps: 1).training, Self(shape, steps: 2).training)
    return Double(one) + Double(two - one) * (meanSteps - 1)
  }

  /// Counts for a sequence of `steps` time steps.
  ///
  /// The state before the first time step is zero, so that products with it, and the gradient that
  /// would flow into it, are not needed: T - 1 of T remain.
  package init(_ shape: ClassifierShape, steps: Int) {
    let (hidden, gates) = (shape.hiddenSize, shape.cell.gates)
    let linear = 2 * shape.classes * shape.outputSize
    var (forward, data) = (linear, linear)
    for layer in 0..<shape.layers {
      for direction in 0..<shape.directions {
        let steps = shape.runsOnce(layer: layer, direction: direction) ? 1 : steps
        let input = 2 * gates * hidden * shape.inputSize(ofLayer: layer) * steps
        let recurrent = 2 * gates * hidden * hidden * (steps - 1)
        forward += input + recurrent
        data += recurrent + (layer > 0 ? input : 0)
      }
    }
    self.forward = forward
    // Each element of a weight meets the same pairs of rows as in the forward pass.
    weightGradients = forward
    dataGradients = data
  }
}
