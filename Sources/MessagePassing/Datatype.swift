import CMPI

/// A Swift type whose values MPI can send, receive and reduce as they lie in memory.
///
/// A type of your own may conform by naming the built-in datatype that its bytes travel as, such as
/// ``Datatype/uint16`` for a 16-bit float; MPI then reduces it as that type.
public protocol MPIDatatype: BitwiseCopyable, Sendable {
  /// MPI's description of one element. Its size must be `MemoryLayout<Self>.stride`.
  static var datatype: Datatype { get }
}

/// One of MPI's predefined datatypes. The corresponding C type is `MPI_Datatype`.
public enum Datatype: Int, Sendable {
  /// A truth value. The corresponding C constant is `MPI_C_BOOL`.
  case bool
  /// A 32-bit float. The corresponding C constant is `MPI_FLOAT`.
  case float
  /// A 64-bit float. The corresponding C constant is `MPI_DOUBLE`.
  case double
  /// A signed 8-bit integer. The corresponding C constant is `MPI_INT8_T`.
  case int8
  /// An unsigned 8-bit integer. The corresponding C constant is `MPI_UINT8_T`.
  case uint8
  /// A signed 16-bit integer. The corresponding C constant is `MPI_INT16_T`.
  case int16
  /// An unsigned 16-bit integer. The corresponding C constant is `MPI_UINT16_T`.
  case uint16
  /// A signed 32-bit integer. The corresponding C constant is `MPI_INT32_T`.
  case int32
  /// An unsigned 32-bit integer. The corresponding C constant is `MPI_UINT32_T`.
  case uint32
  /// A signed 64-bit integer. The corresponding C constant is `MPI_INT64_T`.
  case int64
  /// An unsigned 64-bit integer. The corresponding C constant is `MPI_UINT64_T`.
  case uint64

  var handle: MPI_Datatype {
    switch self {
    case .bool: cmpi_MPI_C_BOOL()
    case .float: cmpi_MPI_FLOAT()
    case .double: cmpi_MPI_DOUBLE()
    case .int8: cmpi_MPI_INT8_T()
    case .uint8: cmpi_MPI_UINT8_T()
    case .int16: cmpi_MPI_INT16_T()
    case .uint16: cmpi_MPI_UINT16_T()
    case .int32: cmpi_MPI_INT32_T()
    case .uint32: cmpi_MPI_UINT32_T()
    case .int64: cmpi_MPI_INT64_T()
    case .uint64: cmpi_MPI_UINT64_T()
    }
  }
}

extension Bool: MPIDatatype {
  /// One C `_Bool`: it has the logical reductions.
  public static var datatype: Datatype { .bool }
}

extension Float: MPIDatatype {
  /// One C `float`: it has the arithmetic reductions.
  public static var datatype: Datatype { .float }
}

extension Double: MPIDatatype {
  /// One C `double`: it has the arithmetic reductions.
  public static var datatype: Datatype { .double }
}

extension Int8: MPIDatatype {
  /// One C `int8_t`: it has every reduction.
  public static var datatype: Datatype { .int8 }
}

extension UInt8: MPIDatatype {
  /// One C `uint8_t`: it has every reduction.
  public static var datatype: Datatype { .uint8 }
}

extension Int16: MPIDatatype {
  /// One C `int16_t`: it has every reduction.
  public static var datatype: Datatype { .int16 }
}

extension UInt16: MPIDatatype {
  /// One C `uint16_t`: it has every reduction.
  public static var datatype: Datatype { .uint16 }
}

extension Int32: MPIDatatype {
  /// One C `int32_t`: it has every reduction.
  public static var datatype: Datatype { .int32 }
}

extension UInt32: MPIDatatype {
  /// One C `uint32_t`: it has every reduction.
  public static var datatype: Datatype { .uint32 }
}

extension Int64: MPIDatatype {
  /// One C `int64_t`: it has every reduction.
  public static var datatype: Datatype { .int64 }
}

extension UInt64: MPIDatatype {
  /// One C `uint64_t`: it has every reduction.
  public static var datatype: Datatype { .uint64 }
}

extension Int: MPIDatatype {
  /// One C `int64_t`: it has every reduction.
  public static var datatype: Datatype { .int64 }
}

extension UInt: MPIDatatype {
  /// One C `uint64_t`: it has every reduction.
  public static var datatype: Datatype { .uint64 }
}
