import Foundation
import Recurrent

/// The classifier in Float64, written for clarity alone, as what finite differences are taken of.
struct DoubleClassifier {
  let shape: ClassifierShape
  var parameters: [String: [Double]]
  /// `[T, N, I]`.
  var input: [Double]
  let labels: [Int32]

  /// The sum over the rows of the cross-entropy.
  func lossSum() -> Double {
    var sequence = (0..<shape.steps).map { t in
      labels.indices.map { n in
        let start = (t * labels.count + n) * shape.inputSize
        return Array(input[start..<start + shape.inputSize])
      }
    }
    for layer in 0..<shape.layers { sequence = outputs(of: sequence, layer: layer) }
    return labels.indices.map { n in
      let logits = product("fc.weight", sequence[shape.steps - 1][n]).enumerated().map {
        $1 + value("fc.bias", $0)
      }
      let largest = logits.max() ?? 0
      let normalizer = logits.map { exp($0 - largest) }.reduce(0, +)
      return log(normalizer) + largest - logits[Int(labels[n])]
    }.reduce(0, +)
  }

  private func outputs(of sequence: [[[Double]]], layer: Int) -> [[[Double]]] {
    let size = shape.hiddenSize
    var h = labels.map { _ in [Double](repeating: 0, count: size) }
    var c = h
    return sequence.map { x in
      for n in labels.indices {
        let wx = product("lstm.weight_ih_l\(layer)", x[n])
        let uh = product("lstm.weight_hh_l\(layer)", h[n])
        let sums = wx.indices.map {
          wx[$0] + uh[$0] + value("lstm.bias_ih_l\(layer)", $0)
            + value("lstm.bias_hh_l\(layer)", $0)
        }
        for j in 0..<size {
          let (i, f) = (sigmoid(sums[j]), sigmoid(sums[size + j]))
          let (g, o) = (tanh(sums[2 * size + j]), sigmoid(sums[3 * size + j]))
          c[n][j] = f * c[n][j] + i * g
          h[n][j] = o * tanh(c[n][j])
        }
      }
      return h
    }
  }

  private func product(_ name: String, _ x: [Double]) -> [Double] {
    let matrix = parameters[name] ?? []
    return (0..<matrix.count / x.count).map { row in
      x.indices.map { matrix[row * x.count + $0] * x[$0] }.reduce(0, +)
    }
  }

  private func value(_ name: String, _ index: Int) -> Double { parameters[name]?[index] ?? .nan }

  private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
}
