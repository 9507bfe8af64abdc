import CMPI

/// A group of ranks that communicate among themselves, apart from every other group.
///
/// It is not `Sendable`: one thread talks to MPI. A derived communicator frees itself when its last
/// reference goes, unless MPI was finalized before; the standard wants all its ranks to let it go
/// in the same order. The built-in ones stay.
///
/// The corresponding C type is `MPI_Comm`.
public final class Communicator {
  let handle: CommunicatorHandle
  private let isBuiltIn: Bool

  /// The number of this process in the group, from 0. The corresponding C function is
  /// `MPI_Comm_rank`.
  public let rank: Int
  /// The number of processes in the group. The corresponding C function is `MPI_Comm_size`.
  public let size: Int

  /// True if each blocking collective first makes sure, with one small reduction, that all ranks
  /// call the same one with the same count, root, element type and operation.
  ///
  /// A disagreement, which MPI would answer with a hang or a wrong result, then throws an
  /// ``MPIError`` on every rank. All ranks must set the same value. The default is true in debug
  /// builds; a derived communicator starts with its parent's value. Nonblocking collectives are
  /// never checked, since the check would make them wait.
  public var checksAgreement: Bool

  /// The strategy by which blocking collectives wait for the other ranks; nil waits inside MPI,
  /// which is quickest and keeps a core busy. A derived communicator starts with its parent's.
  public var waitStrategy: (any WaitStrategy)?

  init(builtIn handle: CommunicatorHandle) throws(MPIError) {
    #if DEBUG
      let checksAgreement = true
    #else
      let checksAgreement = false
    #endif
    self.handle = handle
    self.isBuiltIn = true
    self.checksAgreement = checksAgreement
    (rank, size) = try Self.describe(handle)
  }

  init(derived handle: CommunicatorHandle, from parent: Communicator) throws(MPIError) {
    self.handle = handle
    self.isBuiltIn = false
    self.checksAgreement = parent.checksAgreement
    self.waitStrategy = parent.waitStrategy
    (rank, size) = try Self.describe(handle)
  }

  deinit {
    guard !isBuiltIn, isMPIActive() else { return }
    var handle = handle
    MPI_Comm_free(&handle)
  }

  /// Makes the communicator return its errors, and reads this process's rank and the size.
  private static func describe(_ handle: CommunicatorHandle) throws(MPIError) -> (
    rank: Int, size: Int
  ) {
    var rank: Int32 = 0
    var size: Int32 = 0
    try check(
      "MPI_Comm_set_errhandler",
      MPI_Comm_set_errhandler(handle, cmpi_MPI_ERRORS_RETURN()))
    try check("MPI_Comm_rank", MPI_Comm_rank(handle, &rank))
    try check("MPI_Comm_size", MPI_Comm_size(handle, &size))
    return (Int(rank), Int(size))
  }
}

extension Communicator {
  /// Creates a communicator of the same ranks, whose messages never meet this one's.
  ///
  /// All ranks must call it.
  ///
  /// The corresponding C function is `MPI_Comm_dup`.
  public func duplicate() throws(MPIError) -> Communicator {
    try enter("MPI_Comm_dup")
    var new = cmpi_MPI_COMM_NULL()
    try check("MPI_Comm_dup", MPI_Comm_dup(handle, &new))
    return try derived(new, "MPI_Comm_dup")
  }

  /// Creates a communicator of the ranks that give the same color, ordered by key and then by rank
  /// here.
  ///
  /// All ranks must call it. A rank whose color is nil is in no group and gets nil.
  ///
  /// - Throws: ``MPIError`` if a color is negative, or if a color or a key does not fit 32 bits.
  ///
  /// The corresponding C function is `MPI_Comm_split`.
  public func split(color: Int?, key: Int = 0) throws(MPIError) -> Communicator? {
    let function: StaticString = "MPI_Comm_split"
    let newColor =
      if let color { try narrow(color, "color", .argument, function) } else { MPI_UNDEFINED }
    let newKey = try narrow(key, "key", .argument, function)
    let refusal =
      (color ?? 0) < 0
      ? MPIError(
        refusing: function, .argument, "the color \(newColor) is negative; give nil to stay out")
      : nil
    try enter(function, refusal: refusal)
    var new = cmpi_MPI_COMM_NULL()
    try check(function, MPI_Comm_split(handle, newColor, newKey, &new))
    return color == nil ? nil : try derived(new, function)
  }

  /// Creates a communicator of the ranks that share memory with this one: those on the same
  /// machine.
  ///
  /// All ranks must call it; they keep their order.
  ///
  /// The corresponding C function is `MPI_Comm_split_type` with `MPI_COMM_TYPE_SHARED`.
  public func splitByNode() throws(MPIError) -> Communicator {
    let function: StaticString = "MPI_Comm_split_type"
    try enter(function)
    var new = cmpi_MPI_COMM_NULL()
    try check(
      function,
      MPI_Comm_split_type(
        handle, Int32(MPI_COMM_TYPE_SHARED), Int32(rank), cmpi_MPI_INFO_NULL(), &new))
    return try derived(new, function)
  }

  private func derived(
    _ new: CommunicatorHandle, _ function: StaticString
  ) throws(MPIError) -> Communicator {
    guard new != cmpi_MPI_COMM_NULL() else {
      throw MPIError(refusing: function, .communicator, "MPI returned no communicator")
    }
    return try Communicator(derived: new, from: self)
  }
}
