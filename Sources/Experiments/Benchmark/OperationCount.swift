import Networks

/// The floating-point operations of the matrix products that one sample needs, with two to a
/// multiply-add; what is element by element is not counted.
package struct OperationCount: Equatable, Sendable {
  /// Of the forward pass.
  package let forward: Int
  /// Of the gradients of the weights.
  package let weightGradients: Int
  /// Of the gradients of states and of the layers' inputs. That of the images is not needed.
  package let dataGradients: Int

  /// Of a step of training.
  package var training: Int { forward + weightGradients + dataGradients }

  /// Those of a classifier: H units a layer, T time steps.
  ///
  /// The state before the first time step is zero, so that products with it, and the gradient that
  /// would flow into it, are not needed: T - 1 of T remain.
  package init(_ shape: ClassifierShape) {
    let (hidden, gates) = (shape.hiddenSize, shape.cell.gates)
    let linear = 2 * shape.classes * shape.outputSize
    var (forward, data) = (linear, linear)
    for layer in 0..<shape.layers {
      for direction in 0..<shape.directions {
        let steps = shape.times(ofLayer: layer, direction: direction).count
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
