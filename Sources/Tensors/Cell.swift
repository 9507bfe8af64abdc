import CKernels

/// A kind of recurrent cell: what a layer computes at a time step from four sums a unit, into which the
/// products W x and U h and a bias go.
///
/// The equations, forward and backward, are in CKernels/body/cells: a new cell is a file there, and its facts
/// here.
public enum Cell: String, Codable, CaseIterable, Sendable {
  /// `torch.nn.LSTM`'s:
  ///
  ///     i, f, o = σ(W x + U h + b)    g = tanh(W x + U h + b)
  ///     c' = f ⊙ c + i ⊙ g            h' = o ⊙ tanh(c')
  case lstm
  /// An LSTM whose gates see the cell state through diagonal matrices, the output gate the new one (Gers,
  /// Schraudolph & Schmidhuber, 2002):
  ///
  ///     i, f = σ(W x + U h + p ⊙ c + b)    o = σ(W x + U h + p ⊙ c' + b)
  case peephole
  /// `torch.nn.GRU`'s, with the reset gate after the product:
  ///
  ///     r, z = σ(W x + U h + b)    n = tanh(W x + b + r ⊙ (U h + b))
  ///     h' = (1 - z) ⊙ n + z ⊙ h
  case gru

  /// The name of a layer of them, for people.
  public var title: String {
    switch self {
    case .lstm: "LSTM"
    case .peephole: "peephole LSTM"
    case .gru: "GRU"
    }
  }

  /// G, the rows of weights that a unit has in each matrix.
  public var gates: Int { self == .gru ? 3 : 4 }

  /// For each gate in PyTorch's order, which of a unit's columns of W it is, which of U, and which sum it
  /// belongs to with `b_ih` and with `b_hh`.
  public var slots: (input: [Int], hidden: [Int], inputBias: [Int], hiddenBias: [Int]) {
    let plain = [0, 1, 2, 3]
    return self == .gru
      // The sums are those of n without U h, r, z, and U h of n.
      ? ([1, 2, 0], [0, 1, 2], [1, 2, 0], [1, 2, 3]) : (plain, plain, plain, plain)
  }

  /// The names of its peephole weights, `[H]` each, as the parameters have them before `_l0`.
  public var peepholes: [String] {
    self == .peephole ? ["weight_ci", "weight_cf", "weight_co"] : []
  }

  /// Whether the backward step needs tanh of the state.
  public var keepsTanh: Bool { self != .gru }

  /// The gate whose bias keeps the state, which Keras sets to 1: the forget gate.
  public var forgetGate: Int? { self == .gru ? nil : 1 }

  /// The first of the four sums that U h goes to.
  public var firstHiddenSum: Int { self == .gru ? 1 : 0 }
}

extension Kernels {
  func functions(of cell: Cell) -> lockstep_cell {
    switch cell {
    case .lstm: table.pointee.lstm
    case .peephole: table.pointee.peephole
    case .gru: table.pointee.gru
    }
  }
}
