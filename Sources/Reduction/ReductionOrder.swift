import Tensors

/// The order in which gradients are summed over ranks.
package enum ReductionOrder: String, Codable, Sendable, CaseIterable {
  /// One fixed tree over the logical shards: the same bits with any number of ranks.
  case reproducible
  /// `MPI_Iallreduce` as it comes, over hosts, or over ranks where there is one host.
  case native
}

/// The format of a gradient's numbers while they are summed.
package enum ReductionFormat: String, Codable, Sendable, CaseIterable {
  /// Single precision.
  case float32 = "fp32"
  /// bfloat16, with half the bytes: the shards' gradients and every sum are rounded to it.
  case bfloat16 = "bf16"
}

extension ReductionFormat {
  /// Adds `term` to `sum`, of as many floats, as the sum over shards does.
  package func add(_ term: Matrix, to sum: Matrix) {
    switch self {
    case .float32: Float.add(term, to: sum)
    case .bfloat16: BFloat16.add(term, to: sum)
    }
  }
}
