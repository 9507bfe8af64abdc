import CKernels

/// The arithmetic of an LSTM's gates for one time step of N rows and H hidden units, in PyTorch's
/// order i, f, g, o. The products `W x + U h` come from `MatrixProducts`.
public enum LSTMGates {
  /// `i, f, o = σ(…)`, `g = tanh(…)`, `c = f ⊙ previousCell + i ⊙ g`, `h = o ⊙ tanh(c)`.
  ///
  /// - Parameters:
  ///   - gates: `[N, 4H]`, in: `W x + U h`; out: the activated gates.
  ///   - bias: `[1, 4H]`, `b_ih + b_hh`.
  ///   - previousCell: `[N, H]`, or nil for zero.
  ///   - cell: `[N, H]`, out.
  ///   - tanhCell: `[N, H]`, out: `tanh(cell)`.
  ///   - hidden: `[N, H]`, out.
  public static func forward(
    _ gates: Matrix, bias: Matrix, previousCell: Matrix?, cell: Matrix, tanhCell: Matrix,
    hidden: Matrix
  ) {
    precondition(
      gates.columns == 4 * hidden.columns && bias.count == gates.columns
        && gates.rows == hidden.rows && cell.hasShape(of: hidden) && tanhCell.hasShape(of: hidden)
        && previousCell?.hasShape(of: hidden) ?? true, "shapes of an LSTM step do not fit")
    lockstep_lstm_gates_forward(
      hidden.rows, hidden.columns, gates.pointer, bias.pointer, previousCell?.pointer,
      cell.pointer, tanhCell.pointer, hidden.pointer)
  }

  /// The derivative of `forward`.
  ///
  /// - Parameters:
  ///   - gates: `[N, 4H]`, in: the activated gates; out: the gradient of `W x + U h + b`.
  ///   - previousCell: `[N, H]`, or nil for zero.
  ///   - tanhCell: `[N, H]`, as `forward` left it.
  ///   - hiddenGradient: `[N, H]`.
  ///   - cellGradient: `[N, H]`, in: what the following step passes back; out: what this one does.
  public static func backward(
    _ gates: Matrix, previousCell: Matrix?, tanhCell: Matrix, hiddenGradient: Matrix,
    cellGradient: Matrix
  ) {
    precondition(
      gates.columns == 4 * tanhCell.columns && gates.rows == tanhCell.rows
        && hiddenGradient.hasShape(of: tanhCell) && cellGradient.hasShape(of: tanhCell)
        && previousCell?.hasShape(of: tanhCell) ?? true, "shapes of an LSTM step do not fit")
    lockstep_lstm_gates_backward(
      tanhCell.rows, tanhCell.columns, gates.pointer, previousCell?.pointer, tanhCell.pointer,
      hiddenGradient.pointer, cellGradient.pointer)
  }
}
