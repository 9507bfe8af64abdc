import Tensors

/// LAMB (You et al., "Large Batch Optimization for Deep Learning", 2020, algorithm 2): Adam's
/// direction with the weight decay in it, r + λx, and for each layer a step that is the learning
/// rate times the layer's own norm long.
///
/// A layer is a tensor of parameters x, such as one matrix or one bias, as in the implementations
/// that are in use (TensorFlow Addons, Keras). The paper's φ, which may limit a layer's norm, is the
/// identity: the trust ratio is ‖x‖ / ‖r + λx‖, or 1 where either of them is 0, as that of an
/// initial bias of zeros is.
package struct LAMB: Optimizer {
  /// The names of the moments' slots.
  package static let slotNames = ["lamb.exp_avg", "lamb.exp_avg_sq"]

  private let layers: [[Range<Int>]]
  private let beta1, beta2, epsilon, weightDecay: Double

  /// An optimizer with the decays β₁ and β₂ of its moments.
  ///
  /// - Parameters:
  ///   - layers: for each layer the ranges of a row of parameters that have its elements, and
  ///     besides them zeros alone. Norms are summed in their order.
  ///   - weightDecay: λ.
  package init(
    layers: [[Range<Int>]], beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0
  ) {
    self.layers = layers
    (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
    self.weightDecay = weightDecay
  }

  /// Takes one step, with coefficients and norms in double precision.
  package func step(
    _ parameters: Matrix, gradient: Matrix, slots: [Matrix], number: Int, learningRate: Double,
    gradientScale: Float = 1
  ) {
    let coefficients = LAMBCoefficients(
      gradientScale: gradientScale, oneMinusBeta1: Float(1 - beta1), beta2: Float(beta2),
      oneMinusBeta2: Float(1 - beta2),
      correction1: Float(1 / (1 - Elementary.power(beta1, number))),
      rootCorrection2: Float((1 - Elementary.power(beta2, number)).squareRoot()),
      epsilon: Float(epsilon), weightDecay: Float(weightDecay))
    for layer in layers {
      var (squares, updateSquares) = (0.0, 0.0)
      for range in layer {
        squares += parameters.columns(range).sumOfSquares
        updateSquares += lambMoments(
          parameters: parameters.columns(range), gradient: gradient.columns(range),
          firstMoment: slots[0].columns(range), secondMoment: slots[1].columns(range), coefficients)
      }
      let trustRatio =
        squares > 0 && updateSquares > 0
        ? squares.squareRoot() / updateSquares.squareRoot() : 1
      for range in layer {
        lambStep(
          parameters: parameters.columns(range), firstMoment: slots[0].columns(range),
          secondMoment: slots[1].columns(range), stepSize: Float(learningRate * trustRatio),
          coefficients)
      }
    }
  }
}
