/// Where each parameter of a classifier lies in an arena: one contiguous run of floats.
///
/// The names and shapes are those of PyTorch's state dict for `nn.LSTM` (as `lstm`) and `nn.Linear`
/// (as `fc`). The order is the one in which backpropagation through time finishes the gradients:
/// the linear layer, then the LSTM layers from the top down.
public struct ParameterLayout: Equatable, Sendable {
  /// One parameter.
  public struct Entry: Equatable, Sendable {
    /// Its name in PyTorch's state dict.
    public let name: String
    /// Its shape: `[rows, columns]`, or `[count]` for a bias.
    public let shape: [Int]
    /// Its elements in the arena.
    public let range: Range<Int>
    /// PyTorch draws the initial values uniformly from -bound to bound: 1/√H for an LSTM, 1/√fan_in
    /// for a linear layer.
    public let initialBound: Float
  }

  /// The parameters in the order of the arena.
  public let entries: [Entry]
  /// The number of floats of an arena.
  public let count: Int

  /// The layout of a classifier's parameters.
  public init(_ shape: ClassifierShape) {
    var entries: [Entry] = []
    var offset = 0
    let bound = 1 / Float(shape.hiddenSize).squareRoot()
    func add(_ name: String, _ shape: [Int]) {
      let count = shape.reduce(1, *)
      entries.append(
        Entry(name: name, shape: shape, range: offset..<offset + count, initialBound: bound))
      offset += count
    }
    add("fc.weight", [shape.classes, shape.hiddenSize])
    add("fc.bias", [shape.classes])
    for layer in (0..<shape.layers).reversed() {
      let gates = 4 * shape.hiddenSize
      add("lstm.weight_ih_l\(layer)", [gates, shape.inputSize(ofLayer: layer)])
      add("lstm.weight_hh_l\(layer)", [gates, shape.hiddenSize])
      add("lstm.bias_ih_l\(layer)", [gates])
      add("lstm.bias_hh_l\(layer)", [gates])
    }
    self.entries = entries
    count = offset
  }

  /// The linear layer's weight and bias.
  var linearEntries: ArraySlice<Entry> { entries[0..<2] }

  /// The weights and biases of LSTM layer `layer`: of the input, of the hidden state, and likewise.
  func entries(ofLayer layer: Int) -> [Entry] {
    let end = entries.count - 4 * layer
    return Array(entries[end - 4..<end])
  }
}
