import Tensors

/// The place of each parameter of a classifier in a buffer.
///
/// The names and shapes are those of PyTorch's state dict for `nn.LSTM` (as `lstm`) or `nn.GRU` (as
/// `gru`) and `nn.Linear` (as `fc`), and stand in the order in which backpropagation through time
/// finishes the gradients: the linear layer, then the recurrent layers from the top down. In the
/// buffer the elements lie as the kernels read them: for each direction of a layer, its weights are
/// one matrix `[⌈H/V⌉][I + H][G][V]`, followed by its two biases and its peepholes.
package struct ParameterLayout: Equatable, Sendable {
  /// One parameter.
  package struct Entry: Equatable, Sendable {
    /// Its name in PyTorch's state dict.
    package let name: String
    /// Its shape: `[rows, columns]`, or `[count]` for a vector.
    package let shape: [Int]
    /// Its part in its layer.
    package let role: Role
    fileprivate let place: Place

    /// The number of elements.
    package var count: Int { shape.reduce(1, *) }

    /// The elements of a row.
    private var columns: Int { shape.count == 1 ? 1 : shape[1] }

    /// The ranges of the buffer that have the elements, and besides them zeros alone, from the
    /// first to the last.
    package var ranges: [Range<Int>] { place.ranges(rows: shape[0], columns: columns) }

    /// Its elements in a row that has all parameters, in row-major order.
    package func values(in row: Matrix) -> [Float] {
      var values = [Float](repeating: 0, count: count)
      row.withSpan { span in forEachPlace { values[$0] = span[$1] } }
      return values
    }

    /// The rows, in blocks of about `count` elements.
    func rowBlocks(ofElements count: Int) -> [Range<Int>] {
      let height = max(count / max(columns, 1), 1)
      return stride(from: 0, to: shape[0], by: height).map { $0..<min($0 + height, shape[0]) }
    }

    /// Calls `body` with the number in row-major order, and the place in the buffer, of each element
    /// in `rows`, all of them if nil.
    func forEachPlace(
      inRows rows: Range<Int>? = nil, _ body: (_ element: Int, _ place: Int) -> Void
    ) {
      let rows = rows ?? 0..<shape[0]
      var element = rows.lowerBound * columns
      for row in rows {
        let start = place.start(ofRow: row)
        for column in 0..<columns {
          body(element, start + place.offset(ofColumn: column))
          element += 1
        }
      }
    }
  }

  /// The part of a parameter in its layer.
  package enum Role: Equatable, Sendable {
    /// The linear layer's.
    case linearWeight, linearBias
    /// The weights of a recurrent layer's products with the input and with the hidden state.
    case inputWeight, hiddenWeight
    /// The vectors of a recurrent layer.
    case inputBias, hiddenBias, peephole
  }

  /// A part of the gradient that becomes complete at once.
  package struct Bucket: Equatable, Sendable {
    /// The layer and the direction, and the blocks of its units.
    package let layer: Int, direction: Int, blocks: Range<Int>
    /// The floats of the buffer.
    package let range: Range<Int>
  }

  /// The parameters in PyTorch's names, in the order in which files have them.
  package let entries: [Entry]
  /// The number of floats of a buffer.
  package let count: Int
  /// The buckets of the gradient in the order in which they are finished; together the whole
  /// buffer. The linear layer belongs to the first, and a layer's biases to its last.
  package let buckets: [Bucket]
  /// The model.
  package let shape: ClassifierShape
  private let linearWeights: Range<Int>
  /// Indexed by layer, then by direction.
  private let layerWeights: [[Range<Int>]]

  /// The approximate size of a bucket in floats: so small that the last one is exchanged in little
  /// time.
  private static let bucketSize = 16384

  /// The layout of a classifier's parameters.
  package init(_ shape: ClassifierShape) {
    let lanes = Kernels.blockWidth
    var entries: [Entry] = []
    var offset = 0
    func add(_ name: String, _ shape: [Int], _ role: Role, _ place: Place) {
      entries.append(Entry(name: name, shape: shape, role: role, place: place))
    }

    let units = shape.hiddenSize
    let gap = (after: units, size: Kernels.padded(units) - units)
    let padded = 4 * Kernels.padded(Kernels.units(forOutputs: shape.classes))
    linearWeights = 0..<shape.outputColumns * padded
    add(
      "fc.weight", [shape.classes, shape.outputSize], .linearWeight,
      Place(offset: 0, lanes: lanes, depth: shape.outputColumns, gap: gap))
    offset = linearWeights.upperBound
    add(
      "fc.bias", [shape.classes], .linearBias,
      Place(offset: offset, lanes: lanes, depth: 1))
    offset += padded

    var buckets: [Bucket] = []
    var layerWeights: [[Range<Int>]] = []
    let (cell, gates) = (shape.cell, shape.cell.gates * units)
    let (blocks, slots) = (Kernels.padded(units) / lanes, shape.cell.slots)
    let biasSize = 4 * Kernels.padded(units)
    for layer in (0..<shape.layers).reversed() {
      var directions: [Range<Int>] = []
      for direction in 0..<shape.directions {
        let (inputs, columns) = (
          shape.inputSize(ofLayer: layer), shape.inputColumns(ofLayer: layer)
        )
        let depth = columns + units
        func name(_ word: String) -> String {
          "\(cell.layerName).\(word)_l\(layer)" + (direction == 0 ? "" : "_reverse")
        }
        func place(
          _ offset: Int, _ slots: [Int], width: Int, depth: Int = 1, first: Int = 0
        ) -> Place {
          Place(
            offset: offset, lanes: lanes, units: units, slots: slots, slotCount: width,
            depth: depth, first: first, gap: layer == 0 || first > 0 ? nil : gap)
        }
        let weights = offset..<offset + depth * blocks * cell.gates * lanes
        directions.append(weights)
        offset = weights.upperBound
        add(
          name("weight_ih"), [gates, inputs], .inputWeight,
          place(weights.lowerBound, slots.input, width: cell.gates, depth: depth))
        add(
          name("weight_hh"), [gates, units], .hiddenWeight,
          place(
            weights.lowerBound, slots.hidden, width: cell.gates, depth: depth, first: columns))
        add(name("bias_ih"), [gates], .inputBias, place(offset, slots.inputBias, width: 4))
        offset += biasSize
        add(name("bias_hh"), [gates], .hiddenBias, place(offset, slots.hiddenBias, width: 4))
        offset += biasSize
        for (slot, peephole) in cell.peepholes.enumerated() {
          add(
            name(peephole), [units], .peephole,
            place(offset, [slot], width: cell.peepholes.count))
        }
        offset += cell.peepholes.count * Kernels.padded(units)

        let parts = min(max((weights.count + Self.bucketSize / 2) / Self.bucketSize, 1), blocks)
        for part in 0..<parts {
          let range = blocks * part / parts..<blocks * (part + 1) / parts
          let end = weights.lowerBound + range.upperBound * depth * cell.gates * lanes
          buckets.append(
            Bucket(
              layer: layer, direction: direction, blocks: range,
              range: (buckets.last?.range.upperBound ?? 0)..<(part == parts - 1 ? offset : end)))
        }
      }
      layerWeights.append(directions)
    }
    self.shape = shape
    self.entries = entries
    self.buckets = buckets
    self.layerWeights = layerWeights.reversed()
    count = offset
  }

  /// The places of the linear layer's weights `[⌈C/4V⌉][D H][4V]`, which its biases `[⌈C/4V⌉][4V]`
  /// follow.
  var linear: Range<Int> { linearWeights }

  /// The places of a layer's weights `[⌈H/V⌉][I + H][G][V]`, which its two biases `[⌈H/V⌉][4][V]`
  /// and its peepholes `[⌈H/V⌉][3][V]` follow.
  func weights(ofLayer layer: Int, direction: Int) -> Range<Int> { layerWeights[layer][direction] }

  /// The number of parameters.
  package var parameterCount: Int { entries.map(\.count).reduce(0, +) }

  /// The name of the first parameter with an element that is not finite, in a row of a buffer's
  /// floats.
  package func firstNotFinite(_ floats: Matrix) -> String? {
    floats.withSpan { span in
      entries.first { entry in
        var isFinite = true
        entry.forEachPlace { isFinite = isFinite && span[$1].isFinite }
        return !isFinite
      }?.name
    }
  }
}

/// The place of a parameter's rows in blocks of columns `[blocks][depth][slotCount][V]`.
private struct Place: Equatable, Sendable {
  let offset: Int
  /// V.
  let lanes: Int
  /// H, if the rows are gates of H units each, and the slots of a block that each gate's rows go
  /// to.
  let units: Int?, slots: [Int]
  /// The slots of a block.
  let slotCount: Int
  /// The rows of a block, and the first one of this parameter.
  let depth, first: Int
  /// The columns after which some are left out, and their number.
  let gapAfter, gapSize: Int

  init(
    offset: Int, lanes: Int, units: Int? = nil, slots: [Int] = [], slotCount: Int = 4, depth: Int,
    first: Int = 0, gap: (after: Int, size: Int)? = nil
  ) {
    (self.offset, self.lanes, self.units, self.slots) = (offset, lanes, units, slots)
    (self.slotCount, self.depth, self.first) = (slotCount, depth, first)
    (gapAfter, gapSize) = gap ?? (.max, 0)
  }

  /// The columns of a block.
  private var width: Int { slotCount * lanes }

  /// The place of a row's first element.
  func start(ofRow row: Int) -> Int {
    let (block, lane): (Int, Int)
    if let units {
      let (gate, unit) = row.quotientAndRemainder(dividingBy: units)
      (block, lane) = (unit / lanes, slots[gate] * lanes + unit % lanes)
    } else {
      (block, lane) = row.quotientAndRemainder(dividingBy: width)
    }
    return offset + (block * depth + first) * width + lane
  }

  /// The distance of another element from a row's first.
  func offset(ofColumn column: Int) -> Int {
    (column < gapAfter ? column : column + gapSize) * width
  }

  /// The ranges that have the elements of so many rows and columns, in ascending order; those that
  /// adjoin each other are one.
  func ranges(rows: Int, columns: Int) -> [Range<Int>] {
    let blocks = units.map { ($0 - 1) / lanes + 1 } ?? (rows - 1) / width + 1
    let size = offset(ofColumn: columns - 1) + width
    // Vectors alone, which have one column, leave slots of a block to others.
    let parts =
      slots.isEmpty || slots.count == slotCount
      ? [0..<size] : slots.sorted().map { $0 * lanes..<($0 + 1) * lanes }
    var ranges: [Range<Int>] = []
    for block in 0..<blocks {
      let start = offset + (block * depth + first) * width
      for part in parts {
        let next = start + part.lowerBound..<start + part.upperBound
        if let last = ranges.last, last.upperBound == next.lowerBound {
          ranges[ranges.count - 1] = last.lowerBound..<next.upperBound
        } else {
          ranges.append(next)
        }
      }
    }
    return ranges
  }
}
