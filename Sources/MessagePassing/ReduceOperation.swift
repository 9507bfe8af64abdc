import CMPI

/// An operation by which a reduction combines the ranks' elements. The corresponding C type is
/// `MPI_Op`.
///
/// Integers have every operation, floats have the arithmetic ones, and `Bool` has the logical ones;
/// another pair throws ``MPIError`` of the class ``MPIError/ErrorClass/operation``. MPI chooses the
/// order of a sum, so sums of floats may differ from one number of ranks to another.
public enum ReduceOperation: Int, Sendable {
  /// The sum. The corresponding C constant is `MPI_SUM`.
  case sum
  /// The product. The corresponding C constant is `MPI_PROD`.
  case product
  /// The least. The corresponding C constant is `MPI_MIN`.
  case min
  /// The greatest. The corresponding C constant is `MPI_MAX`.
  case max
  /// True (one) if all are true (not zero). The corresponding C constant is `MPI_LAND`.
  case logicalAnd
  /// True (one) if any is true (not zero). The corresponding C constant is `MPI_LOR`.
  case logicalOr
  /// True (one) if an odd number is true (not zero). The corresponding C constant is `MPI_LXOR`.
  case logicalXor
  /// The bits that all have. The corresponding C constant is `MPI_BAND`.
  case bitwiseAnd
  /// The bits that any has. The corresponding C constant is `MPI_BOR`.
  case bitwiseOr
  /// The bits that an odd number has. The corresponding C constant is `MPI_BXOR`.
  case bitwiseXor

  /// The error of a reduction that MPI does not have; nil if it has this one.
  ///
  /// Not every library says so: MPICH 4.0 ends the process for the logical operations of floats.
  func refusal(of type: Datatype, _ function: StaticString) -> MPIError? {
    let exists =
      switch self {
      case .sum, .product, .min, .max: type != .bool
      case .logicalAnd, .logicalOr, .logicalXor: type != .float && type != .double
      case .bitwiseAnd, .bitwiseOr, .bitwiseXor: ![.bool, .float, .double].contains(type)
      }
    return exists
      ? nil
      : MPIError(
        refusing: function, .operation,
        "MPI has no \(self) of the type \(type): integers have every operation, floats have the "
          + "arithmetic ones, and bool has the logical ones")
  }

  var handle: MPI_Op {
    switch self {
    case .sum: cmpi_MPI_SUM()
    case .product: cmpi_MPI_PROD()
    case .min: cmpi_MPI_MIN()
    case .max: cmpi_MPI_MAX()
    case .logicalAnd: cmpi_MPI_LAND()
    case .logicalOr: cmpi_MPI_LOR()
    case .logicalXor: cmpi_MPI_LXOR()
    case .bitwiseAnd: cmpi_MPI_BAND()
    case .bitwiseOr: cmpi_MPI_BOR()
    case .bitwiseXor: cmpi_MPI_BXOR()
    }
  }
}
