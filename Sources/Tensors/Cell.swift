import CKernels

/// A kind of recurrent cell: the function that a layer computes at a time step from four sums a
/// unit, into which the products W x and U h and a bias go.
///
/// The equations, forward and backward, are in CKernels/body/cells: a new cell of three or four
/// gates is a file there, which body/cells.h includes, its name in the list of CKernels.h, and a
/// case with its traits here, without which nothing compiles.
package enum Cell: String, Codable, CaseIterable, Sendable {
  /// `torch.nn.LSTM`'s:
  ///
  ///     i, f, o = σ(W x + U h + b)    g = tanh(W x + U h + b)
  ///     c' = f ⊙ c + i ⊙ g            h' = o ⊙ tanh(c')
  case lstm
  /// An LSTM whose gates see the cell state through diagonal matrices, the output gate the new one
  /// (Gers, Schraudolph & Schmidhuber, 2002):
  ///
  ///     i, f = σ(W x + U h + p ⊙ c + b)    o = σ(W x + U h + p ⊙ c' + b)
  case peephole
  /// `torch.nn.GRU`'s, with the reset gate after the product:
  ///
  ///     r, z = σ(W x + U h + b)    n = tanh(W x + b + r ⊙ (U h + b))
  ///     h' = (1 - z) ⊙ n + z ⊙ h
  case gru

  /// The facts about its parameters, which the kernels do not know.
  private struct Traits {
    /// The name of a layer of them, for people.
    let title: String
    /// The name of the layers in a state dict, as in PyTorch's programs.
    let layerName: String
    /// For each gate in PyTorch's order, which of a unit's columns of W it is, which of U, and
    /// which sum it belongs to with `b_ih` and with `b_hh`.
    let slots: (input: [Int], hidden: [Int], inputBias: [Int], hiddenBias: [Int])
    /// The names of its peephole weights, `[H]` each, as the parameters have them before `_l0`.
    var peepholes: [String] = []
    /// The gate whose bias keeps the state, which Keras sets to 1: the forget gate.
    let forgetGate: Int?
  }

  private static let ifgo = [0, 1, 2, 3]
  private static let lstmTraits = Traits(
    title: "LSTM", layerName: "lstm", slots: (ifgo, ifgo, ifgo, ifgo), forgetGate: 1)
  private static let peepholeTraits = Traits(
    title: "peephole LSTM", layerName: "lstm", slots: (ifgo, ifgo, ifgo, ifgo),
    peepholes: ["weight_ci", "weight_cf", "weight_co"], forgetGate: 1)
  // The sums are those of n without U h, r, z, and U h of n.
  private static let gruTraits = Traits(
    title: "GRU", layerName: "gru", slots: ([1, 2, 0], [0, 1, 2], [1, 2, 0], [1, 2, 3]),
    forgetGate: nil)

  private var traits: Traits {
    switch self {
    case .lstm: Self.lstmTraits
    case .peephole: Self.peepholeTraits
    case .gru: Self.gruTraits
    }
  }

  /// The cell's kernels in one of the tables.
  func kernels(_ table: UnsafePointer<lockstep_kernels>) -> lockstep_cell {
    switch self {
    case .lstm: table.pointee.lstm
    case .peephole: table.pointee.peephole
    case .gru: table.pointee.gru
    }
  }

  /// Its entry of any table: the facts in it are the same in all.
  private var facts: lockstep_cell { kernels(Kernels.float32.table) }
}

extension Cell {
  /// The name of a layer of them, for people.
  package var title: String { traits.title }

  /// The name of the layers in a state dict: `lstm` or `gru`.
  package var layerName: String { traits.layerName }

  /// For each gate in PyTorch's order, which of a unit's columns of W it is, which of U, and which
  /// sum it belongs to with `b_ih` and with `b_hh`.
  package var slots: (input: [Int], hidden: [Int], inputBias: [Int], hiddenBias: [Int]) {
    traits.slots
  }

  /// The names of its peephole weights, `[H]` each, as the parameters have them before `_l0`.
  package var peepholes: [String] { traits.peepholes }

  /// The gate whose bias keeps the state, which Keras sets to 1: the forget gate.
  package var forgetGate: Int? { traits.forgetGate }

  /// G, the rows of weights that a unit has in each matrix.
  package var gates: Int { facts.gates }

  /// True if the backward step needs tanh of the state.
  package var keepsTanh: Bool { facts.keeps_tanh != 0 }

  /// The G of the four sums that W x goes to.
  package var inputSums: Range<Int> { 0..<gates }

  /// The G of the four sums that U h goes to.
  package var hiddenSums: Range<Int> {
    let facts = facts
    return facts.first_sum..<facts.first_sum + facts.gates
  }
}
