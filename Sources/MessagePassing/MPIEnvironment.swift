import CMPI
import Glibc

/// A token for a running MPI: while a program holds one, it may communicate.
///
/// A program makes it once, near its start, and ends it with ``finalize()``:
///
///     let mpi = try MPIEnvironment(threading: .funneled)
///     print("rank \(mpi.world.rank) of \(mpi.world.size) on \(try mpi.processorName())")
///     try mpi.finalize()
///
/// A rank that leaves early must not finalize, since `MPI_Finalize` waits for ranks that wait for
/// this one. So dropping the token does nothing by itself: a caller can still catch and report the
/// error that dropped it. If the process then exits without having finalized, the job aborts with
/// the process's exit status, or 1 if that says success. ``run(threading:status:_:)`` does all of
/// this.
public struct MPIEnvironment: ~Copyable {
  /// All ranks of the job. The corresponding C constant is `MPI_COMM_WORLD`.
  public let world: Communicator
  /// This rank by itself. The corresponding C constant is `MPI_COMM_SELF`.
  public let selfCommunicator: Communicator
  /// The threading level that MPI provides: the one asked for, or a higher one.
  public let threading: ThreadingLevel

  /// Initializes MPI, which works once in a process: under `mpirun`, or as a job of one rank
  /// without it.
  ///
  /// The corresponding C function is `MPI_Init_thread`.
  ///
  /// - Throws: ``MPIError`` if MPI was initialized before, by anyone, or if the library provides a
  ///   lower threading level than `required`.
  public init(threading required: ThreadingLevel = .funneled) throws(MPIError) {
    (world, selfCommunicator, threading) = try Self.start(required)
  }

  private static func start(
    _ required: ThreadingLevel
  ) throws(MPIError) -> (Communicator, Communicator, ThreadingLevel) {
    let function: StaticString = "MPI_Init_thread"
    guard !isInitialized else {
      throw MPIError(
        refusing: function, .other,
        "MPI is already initialized: a process initializes it once, even after finalizing it")
    }
    var provided: Int32 = 0
    try check(function, MPI_Init_thread(nil, nil, required.constant, &provided))
    abortIfNotFinalizedAtExit()
    let world = try Communicator(builtIn: cmpi_MPI_COMM_WORLD())
    let selfCommunicator = try Communicator(builtIn: cmpi_MPI_COMM_SELF())
    guard let level = ThreadingLevel(constant: provided), level >= required else {
      throw MPIError(
        refusing: function, .other,
        "the program needs the threading level '\(required)', and this MPI library provides less; "
          + "use a library built with thread support")
    }
    return (world, selfCommunicator, level)
  }

  /// Ends MPI for this process once every rank has called it; no communicator may be used
  /// afterward.
  ///
  /// The corresponding C function is `MPI_Finalize`. It can wait forever in MPICH before 4.2 where
  /// messages go through UCX; there the process leaves without it, by a word to the process manager.
  public consuming func finalize() throws(MPIError) {
    try requireActive("MPI_Finalize")
    if world.size > 1, let departure = Departure(from: Self.libraryVersion) {
      try world.barrier()
      return departure.leave()
    }
    try check("MPI_Finalize", MPI_Finalize())
  }

  /// The name of the machine that this rank runs on, usually its host name.
  ///
  /// The corresponding C function is `MPI_Get_processor_name`.
  public borrowing func processorName() throws(MPIError) -> String {
    try requireActive("MPI_Get_processor_name")
    let capacity = Int(MPI_MAX_PROCESSOR_NAME)
    guard let name = readText(capacity: capacity, { MPI_Get_processor_name($0, $1) }) else {
      throw MPIError(refusing: "MPI_Get_processor_name", .other, "the machine's name is unknown")
    }
    return name
  }

  /// True if this process has ever initialized MPI. The corresponding C function is
  /// `MPI_Initialized`.
  public static var isInitialized: Bool {
    var flag: Int32 = 0
    MPI_Initialized(&flag)
    return flag != 0
  }

  /// True if this process has finalized MPI. The corresponding C function is `MPI_Finalized`.
  public static var isFinalized: Bool {
    var flag: Int32 = 0
    MPI_Finalized(&flag)
    return flag != 0 || Departure.hasLeft
  }

  /// The MPI library and its version, in the library's own words; available at any time.
  ///
  /// The corresponding C function is `MPI_Get_library_version`.
  public static var libraryVersion: String {
    readText(capacity: Int(MPI_MAX_LIBRARY_VERSION_STRING)) { MPI_Get_library_version($0, $1) }
      ?? "unknown"
  }

  /// The MPI library and its version in two or three words, such as "Open MPI v4.1.4".
  package static var libraryName: String { libraryName(from: libraryVersion) }

  /// The name in a library's own words: Open MPI goes on behind a comma, and MPICH, which writes
  /// `MPICH Version: 4.0.2`, in many lines.
  package static func libraryName(from version: String) -> String {
    version.prefix { $0 != "," && !$0.isNewline }
      .split(whereSeparator: \.isWhitespace).filter { $0 != "Version:" }.joined(separator: " ")
  }

  /// True if the program was built with Open MPI; false for MPICH and its descendants (Intel MPI,
  /// Cray MPICH, MVAPICH). Their launchers do not start each other's programs.
  ///
  /// The corresponding C macro is `OPEN_MPI`.
  public static var isOpenMPI: Bool { cmpi_is_open_mpi() }

  /// The version of the MPI standard that the library follows, such as (3, 1).
  ///
  /// The corresponding C function is `MPI_Get_version`.
  public static var standardVersion: (major: Int, minor: Int) {
    var major: Int32 = 0
    var minor: Int32 = 0
    MPI_Get_version(&major, &minor)
    return (Int(major), Int(minor))
  }
}
