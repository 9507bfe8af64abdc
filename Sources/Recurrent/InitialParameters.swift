import Foundation
import Tensors

/// What the initial parameters are drawn as.
public enum Initializer: String, Codable, CaseIterable, Sendable {
  /// All uniform from -1/√H to 1/√H, and those of the linear layer from -1/√(D H) to 1/√(D H) (`nn.LSTM`,
  /// `nn.GRU` and `nn.Linear`, `reset_parameters`).
  case pytorch
  /// Weights uniform from -√(6 / (fan_in + fan_out)) to that (Glorot & Bengio, 2010), recurrent weights
  /// orthogonal, biases zero, but 1 for the forget gate: the defaults of Keras' layers.
  case keras
}

extension Arena {
  /// Draws every parameter. Each element is a function of the seed, its parameter's place in the layout, and
  /// its own place; of orthogonal weights, of the numbers of all of them.
  public func initialize(seed: UInt64, as initializer: Initializer = .pytorch) {
    for (index, entry) in layout.entries.enumerated() {
      let stream = CounterStream(seed: seed, purpose: .initialParameters, first: index)
      switch initializer {
      case .pytorch:
        let fan =
          switch entry.role {
          case .linearWeight, .linearBias: layout.shape.outputSize
          default: layout.shape.hiddenSize
          }
        setUniform(entry, bound: 1 / Float(fan).squareRoot(), stream)
      case .keras: initializeAsKeras(entry, stream)
      }
    }
  }

  private func initializeAsKeras(_ entry: ParameterLayout.Entry, _ stream: CounterStream) {
    switch entry.role {
    case .linearWeight, .inputWeight, .peephole:
      // Keras takes a peephole's diagonal for a vector with H inputs and H outputs.
      let fans = entry.shape.count == 1 ? 2 * entry.count : entry.shape.reduce(0, +)
      setUniform(entry, bound: (6 / Float(fans)).squareRoot(), stream)
    case .hiddenWeight:
      set(entry, to: orthogonal(rows: entry.shape[0], columns: entry.shape[1], stream))
    case .linearBias, .inputBias, .hiddenBias:
      let units = layout.shape.hiddenSize
      let forget = entry.role == .inputBias ? layout.shape.cell.forgetGate : nil
      set(entry, to: (0..<entry.count).map { $0 / units == forget ? 1 : 0 })
    }
  }

  private func setUniform(
    _ entry: ParameterLayout.Entry, bound: Float, _ stream: CounterStream
  ) {
    buffer.withMutableSpan { span in
      entry.forEachPlace { element, place in
        span[place] = (2 * stream.uniform(at: UInt64(element)) - 1) * bound
      }
    }
  }
}

/// A matrix of at least as many rows as columns, whose columns are orthonormal: normal numbers (Box & Muller,
/// 1958), made orthogonal one after the other (Gram & Schmidt, twice, which is enough: Giraud et al., 2005).
private func orthogonal(rows: Int, columns: Int, _ stream: CounterStream) -> [Float] {
  var basis: [[Double]] = []
  for column in 0..<columns {
    var vector = (0..<rows).map { row in
      let index = UInt64(2 * (column * rows + row))
      // From 0 (not) to 1, so that the logarithm is finite.
      let radius = 1 - Double(stream.uniform(at: index))
      let angle = 2 * Double.pi * Double(stream.uniform(at: index + 1))
      return (-2 * log(radius)).squareRoot() * cos(angle)
    }
    for _ in 0..<2 {
      for other in basis {
        var product = 0.0
        for row in 0..<rows { product += vector[row] * other[row] }
        for row in 0..<rows { vector[row] -= product * other[row] }
      }
    }
    let norm = vector.map { $0 * $0 }.reduce(0, +).squareRoot()
    basis.append(vector.map { $0 / norm })
  }
  return (0..<rows * columns).map { Float(basis[$0 % columns][$0 / columns]) }
}
