import Random
import Tensors

/// The distributions of the initial parameters.
package enum Initializer: String, Codable, CaseIterable, Sendable {
  /// All uniform from -1/√H to 1/√H, and those of the linear layer from -1/√(D H) to 1/√(D H)
  /// (`nn.LSTM`, `nn.GRU` and `nn.Linear`, `reset_parameters`).
  case pytorch
  /// Weights uniform from -√(6 / (fan_in + fan_out)) to that (Glorot & Bengio, 2010), recurrent
  /// weights orthogonal, biases zero, but 1 for the forget gate: the defaults of Keras' layers.
  case keras
}

extension ParameterBuffer {
  /// Draws every parameter. Each element is a function of the seed, its parameter's place in the
  /// layout, and its own place; orthogonal weights are functions of the numbers of all of them.
  ///
  /// - Parameter progress: called before each parameter, in large ones between blocks of rows, and
  ///   after each column of orthogonal weights, which take the cube of their size; an error that it
  ///   throws ends the work.
  /// - Throws: what `progress` throws.
  package func initialize(
    seed: UInt64, as initializer: Initializer = .pytorch, progress: () throws -> Void
  ) rethrows {
    for (index, entry) in layout.entries.enumerated() {
      try progress()
      let stream = CounterStream(seed: seed, purpose: .initialParameters, first: index)
      switch initializer {
      case .pytorch:
        let fan =
          switch entry.role {
          case .linearWeight, .linearBias: layout.shape.outputSize
          default: layout.shape.hiddenSize
          }
        try setUniform(entry, bound: 1 / Float(fan).squareRoot(), stream, progress)
      case .keras: try initializeAsKeras(entry, stream, progress)
      }
    }
  }

  /// Draws every parameter, and tells nobody of its progress.
  package func initialize(seed: UInt64, as initializer: Initializer = .pytorch) {
    initialize(seed: seed, as: initializer) {}
  }

  private func initializeAsKeras(
    _ entry: ParameterLayout.Entry, _ stream: CounterStream, _ progress: () throws -> Void
  ) rethrows {
    switch entry.role {
    case .linearWeight, .inputWeight, .peephole:
      // Keras takes a peephole's diagonal for a vector with H inputs and H outputs.
      let fans = entry.shape.count == 1 ? 2 * entry.count : entry.shape.reduce(0, +)
      try setUniform(entry, bound: (6 / Float(fans)).squareRoot(), stream, progress)
    case .hiddenWeight:
      set(
        entry, to: try orthogonal(rows: entry.shape[0], columns: entry.shape[1], stream, progress))
    case .linearBias, .inputBias, .hiddenBias:
      let units = layout.shape.hiddenSize
      let forget = entry.role == .inputBias ? layout.shape.cell.forgetGate : nil
      set(entry, to: (0..<entry.count).map { $0 / units == forget ? 1 : 0 })
    }
  }

  private func setUniform(
    _ entry: ParameterLayout.Entry, bound: Float, _ stream: CounterStream,
    _ progress: () throws -> Void
  ) rethrows {
    // Some hundredths of a second.
    for rows in entry.rowBlocks(ofElements: 1 << 19) {
      if rows.lowerBound > 0 { try progress() }
      storage.withMutableSpan { span in
        entry.forEachPlace(inRows: rows) { element, place in
          span[place] = (2 * stream.uniform(at: UInt64(element)) - 1) * bound
        }
      }
    }
  }
}

/// A matrix of at least as many rows as columns, whose columns are orthonormal: normal numbers (Box
/// & Muller, 1958), made orthogonal one after the other (Gram & Schmidt, twice, which is enough:
/// Giraud et al., 2005).
private func orthogonal(
  rows: Int, columns: Int, _ stream: CounterStream, _ progress: () throws -> Void
) rethrows -> [Float] {
  typealias Lanes = SIMD8<Double>
  let blocks = 0..<(rows - 1) / Lanes.scalarCount + 1
  func product(_ a: [Lanes], _ b: [Lanes]) -> Double {
    var sum = Lanes.zero
    for block in blocks { sum += a[block] * b[block] }
    return sum.sum()
  }
  func normal(row: Int, column: Int) -> Double {
    let index = UInt64(2 * (column * rows + row))
    // From 0 (not) to 1, so that the logarithm is finite.
    let radius = 1 - Double(stream.uniform(at: index))
    let angle = 2 * Double.pi * Double(stream.uniform(at: index + 1))
    return (-2 * Elementary.log(radius)).squareRoot() * Elementary.cos(angle)
  }
  var basis: [[Lanes]] = []
  for column in 0..<columns {
    var vector = [Lanes](repeating: .zero, count: blocks.count)
    for row in 0..<rows {
      let (block, lane) = row.quotientAndRemainder(dividingBy: Lanes.scalarCount)
      vector[block][lane] = normal(row: row, column: column)
    }
    for _ in 0..<2 {
      for other in basis {
        let part = product(vector, other)
        for block in blocks { vector[block] -= part * other[block] }
      }
    }
    let norm = product(vector, vector).squareRoot()
    basis.append(vector.map { $0 / norm })
    try progress()
  }
  return (0..<rows * columns).map { element in
    let (row, column) = element.quotientAndRemainder(dividingBy: columns)
    return Float(basis[column][row / Lanes.scalarCount][row % Lanes.scalarCount])
  }
}
