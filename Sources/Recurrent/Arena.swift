import Tensors

/// All parameters of a classifier, or all their gradients, or one of Adam's moments: one buffer
/// with named views.
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

  /// The parameters as one row.
  public var all: Matrix { buffer.matrix(1, layout.count) }

  /// What lies behind the parameters, as one row.
  public var extra: Matrix {
    buffer.matrix(1, buffer.count - layout.count, at: layout.count)
  }

  /// The parameters and what lies behind them, as one row.
  public var whole: Matrix { buffer.matrix(1, buffer.count) }

  /// The view of one parameter; a bias is one row.
  func matrix(_ entry: ParameterLayout.Entry) -> Matrix {
    let columns = entry.shape[entry.shape.count - 1]
    return buffer.matrix(entry.range.count / columns, columns, at: entry.range.lowerBound)
  }
}
