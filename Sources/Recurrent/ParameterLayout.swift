import Tensors

/// Where each parameter of a classifier lies in an arena.
///
/// The names and shapes are those of PyTorch's state dict for `nn.LSTM` (as `lstm`) and `nn.Linear`
/// (as `fc`), and stand in the order in which backpropagation through time finishes the gradients: the
/// linear layer, then the LSTM layers from the top down. In the arena the elements lie as the kernels
/// read them: a layer's weights are one matrix `[⌈H/V⌉][I + H][4][V]`, followed by its two biases.
public struct ParameterLayout: Equatable, Sendable {
  /// One parameter.
  public struct Entry: Equatable, Sendable {
    /// Its name in PyTorch's state dict.
    public let name: String
    /// Its shape: `[rows, columns]`, or `[count]` for a bias.
    public let shape: [Int]
    /// PyTorch draws the initial values uniformly from -bound to bound: 1/√H for an LSTM, 1/√fan_in
    /// for a linear layer.
    public let initialBound: Float
    fileprivate let place: Place

    /// The number of elements.
    public var count: Int { shape.reduce(1, *) }

    /// Calls `body` with each element's number in row-major order and its place in the arena.
    func forEachPlace(_ body: (_ element: Int, _ place: Int) -> Void) {
      let columns = shape.count == 1 ? 1 : shape[1]
      var element = 0
      for row in 0..<shape[0] {
        let start = place.start(ofRow: row)
        for column in 0..<columns {
          body(element, start + column * place.width)
          element += 1
        }
      }
    }
  }

  /// The part of the gradient that becomes complete at once.
  public struct Piece: Equatable, Sendable {
    /// The layer, and the blocks of its units.
    public let layer: Int, blocks: Range<Int>
    /// The floats of the arena.
    public let range: Range<Int>
  }

  /// The parameters in PyTorch's names, in the order in which files have them.
  public let entries: [Entry]
  /// The number of floats of an arena.
  public let count: Int
  /// The pieces of the gradient in the order in which they are finished; together the whole arena. The
  /// linear layer belongs to the first, and a layer's biases to its last.
  public let pieces: [Piece]
  private let linearWeights: Range<Int>
  private let layerWeights: [Range<Int>]

  /// About how many floats a piece has: few enough that what is exchanged last takes little time.
  private static let pieceSize = 16384

  /// The layout of a classifier's parameters.
  public init(_ shape: ClassifierShape) {
    let lanes = Kernels.laneCount
    let bound = 1 / Float(shape.hiddenSize).squareRoot()
    var entries: [Entry] = []
    var offset = 0
    func add(_ name: String, _ shape: [Int], _ place: Place) {
      entries.append(Entry(name: name, shape: shape, initialBound: bound, place: place))
    }

    let padded = 4 * Kernels.padded(Kernels.units(forOutputs: shape.classes))
    linearWeights = 0..<shape.hiddenSize * padded
    add(
      "fc.weight", [shape.classes, shape.hiddenSize],
      Place(offset: 0, lanes: lanes, units: nil, depth: shape.hiddenSize, first: 0))
    offset = linearWeights.upperBound
    add(
      "fc.bias", [shape.classes],
      Place(offset: offset, lanes: lanes, units: nil, depth: 1, first: 0))
    offset += padded

    var pieces: [Piece] = []
    var layerWeights: [Range<Int>] = []
    let (units, gates) = (shape.hiddenSize, 4 * shape.hiddenSize)
    let (blocks, biasSize) = (Kernels.padded(units) / lanes, 4 * Kernels.padded(units))
    for layer in (0..<shape.layers).reversed() {
      let inputs = shape.inputSize(ofLayer: layer)
      let depth = inputs + units
      func place(_ offset: Int, depth: Int, first: Int) -> Place {
        Place(offset: offset, lanes: lanes, units: units, depth: depth, first: first)
      }
      let weights = offset..<offset + depth * biasSize
      layerWeights.append(weights)
      add("lstm.weight_ih_l\(layer)", [gates, inputs], place(offset, depth: depth, first: 0))
      add("lstm.weight_hh_l\(layer)", [gates, units], place(offset, depth: depth, first: inputs))
      add("lstm.bias_ih_l\(layer)", [gates], place(weights.upperBound, depth: 1, first: 0))
      add(
        "lstm.bias_hh_l\(layer)", [gates], place(weights.upperBound + biasSize, depth: 1, first: 0))

      let parts = min(max((weights.count + Self.pieceSize / 2) / Self.pieceSize, 1), blocks)
      for part in 0..<parts {
        let range = blocks * part / parts..<blocks * (part + 1) / parts
        let end = weights.lowerBound + range.upperBound * depth * 4 * lanes
        pieces.append(
          Piece(
            layer: layer, blocks: range,
            range: (pieces.last?.range.upperBound ?? 0)..<end
              + (part == parts - 1 ? 2 * biasSize : 0)))
      }
      offset = weights.upperBound + 2 * biasSize
    }
    self.entries = entries
    self.pieces = pieces
    self.layerWeights = layerWeights.reversed()
    count = offset
  }

  /// The places of the linear layer's weights `[⌈C/4V⌉][H][4V]`, which its biases `[⌈C/4V⌉][4V]` follow.
  var linear: Range<Int> { linearWeights }

  /// The places of a layer's weights `[⌈H/V⌉][I + H][4][V]`, which its two biases `[⌈H/V⌉][4][V]`
  /// follow.
  func weights(ofLayer layer: Int) -> Range<Int> { layerWeights[layer] }

  /// The number of LSTM layers.
  public var layers: Int { layerWeights.count }

  /// The number of parameters.
  public var parameterCount: Int { entries.map(\.count).reduce(0, +) }

  /// The name of the first parameter with an element that is not finite, in a row of an arena's floats.
  public func firstNotFinite(_ floats: Matrix) -> String? {
    floats.withSpan { span in
      entries.first { entry in
        var isFinite = true
        entry.forEachPlace { isFinite = isFinite && span[$1].isFinite }
        return !isFinite
      }?.name
    }
  }
}

/// Where a parameter's rows lie in blocks of 4V columns `[blocks][depth][4V]`.
private struct Place: Equatable, Sendable {
  let offset: Int
  /// V.
  let lanes: Int
  /// H, if the rows are the four gates of so many units each.
  let units: Int?
  /// The rows of a block, and the first one of this parameter.
  let depth, first: Int

  /// The columns of a block.
  var width: Int { 4 * lanes }

  /// The place of a row's first element.
  func start(ofRow row: Int) -> Int {
    let (block, lane): (Int, Int)
    if let units {
      let (gate, unit) = row.quotientAndRemainder(dividingBy: units)
      (block, lane) = (unit / lanes, gate * lanes + unit % lanes)
    } else {
      (block, lane) = row.quotientAndRemainder(dividingBy: width)
    }
    return offset + (block * depth + first) * width + lane
  }
}
