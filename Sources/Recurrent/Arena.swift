import Tensors

/// All parameters of a classifier, or all their gradients, or one of Adam's moments, in one buffer.
public struct Arena: Sendable {
  /// Where each parameter lies.
  public let layout: ParameterLayout
  /// The floats: those of the layout, and behind them `extra` more.
  public let buffer: AlignedBuffer<Float>

  /// An arena of zeros, with room for `extra` floats behind the parameters.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  public init(_ layout: ParameterLayout, extra: Int = 0) throws(TensorError) {
    self.layout = layout
    buffer = try AlignedBuffer(count: layout.count + extra)
  }

  /// The parameters as one row, in the order of the kernels.
  public var all: Matrix { buffer.matrix(1, layout.count) }

  /// What lies behind the parameters, as one row.
  public var extra: Matrix {
    buffer.matrix(1, buffer.count - layout.count, at: layout.count)
  }

  /// The parameters and what lies behind them, as one row.
  public var whole: Matrix { buffer.matrix(1, buffer.count) }

  /// The elements of one parameter, in row-major order.
  public func values(of entry: ParameterLayout.Entry) -> [Float] {
    var values = [Float](repeating: 0, count: entry.count)
    buffer.withSpan { span in entry.forEachPlace { values[$0] = span[$1] } }
    return values
  }

  /// Sets the elements of one parameter, in row-major order.
  public func set(_ entry: ParameterLayout.Entry, to values: [Float]) {
    precondition(values.count == entry.count, "values do not fit the parameter")
    buffer.withMutableSpan { span in entry.forEachPlace { span[$1] = values[$0] } }
  }

  /// The linear layer's weights `[⌈C/4V⌉][H][4V]` and bias `[⌈C/4V⌉][4V]`.
  var linear: (weights: Matrix, bias: Matrix) {
    let weights = layout.linear
    let end = layout.weights(ofLayer: layout.layers - 1).lowerBound
    return (row(weights), row(weights.upperBound..<end))
  }

  /// A layer's weights `[⌈H/V⌉][I + H][4][V]` and its two biases `[⌈H/V⌉][4][V]`, those of the input and
  /// of the hidden state.
  func layer(_ layer: Int, units: Int) -> (weights: Matrix, inputBias: Matrix, hiddenBias: Matrix) {
    let weights = layout.weights(ofLayer: layer)
    let size = 4 * Kernels.padded(units)
    let middle = weights.upperBound + size
    return (row(weights), row(weights.upperBound..<middle), row(middle..<middle + size))
  }

  private func row(_ range: Range<Int>) -> Matrix {
    buffer.matrix(1, range.count, at: range.lowerBound)
  }
}
