import Tensors

/// All parameters of a classifier, or all their gradients, or one of the optimizer's moments, in one buffer.
package struct ParameterBuffer: Sendable {
  /// The place of each parameter.
  package let layout: ParameterLayout
  /// The floats of the layout, and behind them `extra` more.
  package let storage: AlignedBuffer<Float>

  /// A buffer of zeros, with room for `extra` floats behind the parameters.
  ///
  /// - Throws: `TensorError.outOfMemory`.
  package init(_ layout: ParameterLayout, extra: Int = 0) throws(TensorError) {
    self.layout = layout
    storage = try AlignedBuffer(count: layout.count + extra)
  }

  /// A buffer in other memory, with room for the parameters.
  package init(_ layout: ParameterLayout, in storage: AlignedBuffer<Float>) {
    precondition(storage.count >= layout.count, "memory has no room for the parameters")
    (self.layout, self.storage) = (layout, storage)
  }

  /// The parameters as one row, in the order of the kernels.
  package var all: Matrix { storage.matrix(1, layout.count) }

  /// The floats behind the parameters, as one row.
  package var extra: Matrix {
    storage.matrix(1, storage.count - layout.count, at: layout.count)
  }

  /// The parameters and the floats behind them, as one row.
  package var whole: Matrix { storage.matrix(1, storage.count) }

  /// The elements of one parameter, in row-major order.
  package func values(of entry: ParameterLayout.Entry) -> [Float] { entry.values(in: all) }

  /// Sets the elements of one parameter, in row-major order.
  package func set(_ entry: ParameterLayout.Entry, to values: [Float]) {
    precondition(values.count == entry.count, "values do not fit the parameter")
    storage.withMutableSpan { span in entry.forEachPlace { span[$1] = values[$0] } }
  }

  /// The linear layer's weights `[⌈C/4V⌉][D H][4V]` and bias `[⌈C/4V⌉][4V]`.
  var linear: (weights: Matrix, bias: Matrix) {
    let weights = layout.linear
    let units = Kernels.units(forOutputs: layout.shape.classes)
    return (row(weights), row(weights.upperBound..<weights.upperBound + 4 * Kernels.padded(units)))
  }

  /// The parameters of one direction of a layer.
  func layer(_ layer: Int, direction: Int) -> LayerParameters {
    let weights = layout.weights(ofLayer: layer, direction: direction)
    let units = Kernels.padded(layout.shape.hiddenSize)
    let (middle, end) = (weights.upperBound + 4 * units, weights.upperBound + 8 * units)
    return LayerParameters(
      weights: row(weights), inputBias: row(weights.upperBound..<middle),
      hiddenBias: row(middle..<end),
      peepholes: row(end..<end + layout.shape.cell.peepholes.count * units))
  }

  private func row(_ range: Range<Int>) -> Matrix {
    storage.matrix(1, range.count, at: range.lowerBound)
  }
}

/// The parameters of one direction of a recurrent layer, or their gradients.
struct LayerParameters {
  /// `[⌈H/V⌉][I + H][G][V]`.
  let weights: Matrix
  /// `[⌈H/V⌉][4][V]` each, and zero where a sum has no such bias.
  let inputBias, hiddenBias: Matrix
  /// `[⌈H/V⌉][3][V]`, or empty.
  let peepholes: Matrix
}
