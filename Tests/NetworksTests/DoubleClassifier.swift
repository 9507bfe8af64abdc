import Foundation
import Networks
import Tensors
import TestSupport

/// The state of one direction of a layer in Float64, `[N, H]` each; a GRU has a hidden state alone.
struct DoubleState {
  var hidden: [Double]
  var cell: [Double]

  /// States of all directions of all layers, of numbers that a `Float` has.
  static func random(
    _ shape: ClassifierShape, rows: Int, using random: inout SplitMix64
  ) -> [[DoubleState]] {
    func values() -> [Double] {
      (0..<rows * shape.hiddenSize).map { _ in Double(Float.random(in: -1...1, using: &random)) }
    }
    return (0..<shape.layers).map { _ in
      (0..<shape.directions).map { _ in DoubleState(hidden: values(), cell: values()) }
    }
  }

  static func zero(_ shape: ClassifierShape, rows: Int) -> [[DoubleState]] {
    let zeros = [Double](repeating: 0, count: rows * shape.hiddenSize)
    let directions = [DoubleState](
      repeating: DoubleState(hidden: zeros, cell: zeros), count: shape.directions)
    return [[DoubleState]](repeating: directions, count: shape.layers)
  }
}

extension ClassifierState {
  /// Sets the state; a GRU's hidden state goes to both of its places.
  func set(to state: [[DoubleState]], _ shape: ClassifierShape, rows: Int) throws {
    let (units, padded) = (shape.hiddenSize, Kernels.padded(shape.hiddenSize))
    for (layer, directions) in layers.enumerated() {
      for (direction, place) in directions.enumerated() {
        let values = state[layer][direction]
        let (hidden, cell) = (values.hidden.map(Float.init), values.cell.map(Float.init))
        place.cellState.setRowMajor(
          shape.cell == .gru ? hidden : cell, rows: rows, units: units)
        let columns = shape.directions * padded
        var matrix = [Float](repeating: 0, count: rows * columns)
        for (index, value) in hidden.enumerated() {
          matrix[index / units * columns + direction * padded + index % units] = value
        }
        let source = try AlignedBuffer<Float>(count: matrix.count).matrix(rows, columns)
        source.set(matrix)
        Kernels.float32.pack(source, into: place.hidden)
      }
    }
  }
}

/// The classifier in Float64, written for clarity alone, as what finite differences are taken of.
struct DoubleClassifier {
  let shape: ClassifierShape
  var parameters: [String: [Double]]
  /// `[T, N, I]`.
  var input: [Double]
  let labels: [Int32]
  /// The time steps of each sequence; nil for T.
  let lengths: [Int]?
  /// Indexed by layer, then by direction.
  var initialState: [[DoubleState]]

  /// A classifier with zero initial state.
  init(
    shape: ClassifierShape, parameters: [String: [Double]], input: [Double], labels: [Int32],
    lengths: [Int]? = nil
  ) {
    (self.shape, self.parameters, self.input, self.labels) = (shape, parameters, input, labels)
    self.lengths = lengths
    initialState = DoubleState.zero(shape, rows: labels.count)
  }

  private var steps: Int { input.count / shape.inputSize / labels.count }

  /// The sum over the rows of the cross-entropy.
  func lossSum() -> Double {
    var sequence = (0..<steps).map { t in
      labels.indices.map { n in
        let start = (t * labels.count + n) * shape.inputSize
        return Array(input[start..<start + shape.inputSize])
      }
    }
    for layer in 0..<shape.layers {
      let forward = outputs(of: sequence, Array(0..<steps), layer: layer, suffix: "")
      guard shape.isBidirectional else {
        sequence = forward
        continue
      }
      let backward = outputs(
        of: sequence, (0..<steps).reversed(), layer: layer, suffix: "_reverse")
      sequence = zip(forward, backward).map { zip($0, $1).map(+) }
    }
    return labels.indices.map { n in
      let seen = readout((0..<length(n)).map { sequence[$0][n] })
      let logits = product("fc.weight", seen).enumerated().map {
        $1 + value("fc.bias", $0)
      }
      let largest = logits.max() ?? 0
      let normalizer = logits.map { exp($0 - largest) }.reduce(0, +)
      return log(normalizer) + largest - logits[Int(labels[n])]
    }.reduce(0, +)
  }

  private func length(_ n: Int) -> Int { lengths?[n] ?? steps }

  /// What the linear layer sees of the top layer's outputs `[T, D H]` for one sequence.
  private func readout(_ outputs: [[Double]]) -> [Double] {
    let (first, last) = (outputs[0], outputs[outputs.count - 1])
    switch shape.readout {
    case .last: return last
    case .final: return Array(last[..<shape.hiddenSize] + first[shape.hiddenSize...])
    case .mean:
      return first.indices.map { unit in
        outputs.map { $0[unit] }.reduce(0, +) / Double(outputs.count)
      }
    case .max: return first.indices.map { unit in outputs.map { $0[unit] }.max() ?? .nan }
    }
  }

  /// A direction's outputs `[T, N, H]`, whose time steps it takes in the order of `times`; of a
  /// sequence that lacks one, they are its state.
  private func outputs(
    of sequence: [[[Double]]], _ times: [Int], layer: Int, suffix: String
  ) -> [[[Double]]] {
    let size = shape.hiddenSize
    let initial = initialState[layer][suffix.isEmpty ? 0 : 1]
    func rows(_ values: [Double]) -> [[Double]] {
      labels.indices.map { Array(values[$0 * size..<($0 + 1) * size]) }
    }
    var (h, c) = (rows(initial.hidden), rows(initial.cell))
    func name(_ word: String) -> String {
      (shape.cell == .gru ? "gru." : "lstm.") + word + "_l\(layer)" + suffix
    }
    var outputs = sequence
    for t in times {
      let x = sequence[t]
      for n in labels.indices where t < length(n) {
        let wx = product(name("weight_ih"), x[n]).enumerated().map {
          $1 + value(name("bias_ih"), $0)
        }
        let uh = product(name("weight_hh"), h[n]).enumerated().map {
          $1 + value(name("bias_hh"), $0)
        }
        for j in 0..<size {
          func sum(_ gate: Int) -> Double { wx[gate * size + j] + uh[gate * size + j] }
          func peephole(_ gate: String) -> Double {
            shape.cell == .peephole ? value(name("weight_c" + gate), j) : 0
          }
          if shape.cell == .gru {
            let (r, z) = (sigmoid(sum(0)), sigmoid(sum(1)))
            let new = tanh(wx[2 * size + j] + r * uh[2 * size + j])
            h[n][j] = (1 - z) * new + z * h[n][j]
          } else {
            let i = sigmoid(sum(0) + peephole("i") * c[n][j])
            let f = sigmoid(sum(1) + peephole("f") * c[n][j])
            c[n][j] = f * c[n][j] + i * tanh(sum(2))
            h[n][j] = sigmoid(sum(3) + peephole("o") * c[n][j]) * tanh(c[n][j])
          }
        }
      }
      outputs[t] = h
    }
    return outputs
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
