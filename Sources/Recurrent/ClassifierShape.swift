/// The sizes of a recurrent classifier: a stack of LSTM layers over a sequence of vectors, and a
/// linear layer on the last time step of the top layer.
public struct ClassifierShape: Hashable, Sendable {
  /// The length of a sequence, T.
  public let steps: Int
  /// The size of the input at one time step, I.
  public let inputSize: Int
  /// The units of a layer, H.
  public let hiddenSize: Int
  /// The number of LSTM layers.
  public let layers: Int
  /// The number of classes.
  public let classes: Int

  /// A classifier of sequences of `steps` vectors of `inputSize` floats.
  public init(steps: Int, inputSize: Int, hiddenSize: Int, layers: Int, classes: Int) {
    self.steps = steps
    self.inputSize = inputSize
    self.hiddenSize = hiddenSize
    self.layers = layers
    self.classes = classes
  }

  /// The size of layer `layer`'s input at one time step.
  public func inputSize(ofLayer layer: Int) -> Int { layer == 0 ? inputSize : hiddenSize }
}
