import CMPI
import Glibc
import Synchronization

extension MPIEnvironment {
  /// Runs a program under MPI: initializes, calls `body`, finalizes, and returns its result.
  ///
  /// If `body` throws, the error goes to standard error with the rank that threw it, and the whole
  /// job aborts with `status(error)`; the other ranks do not wait for this one.
  ///
  /// - Throws: ``MPIError`` only if MPI itself cannot be initialized or finalized.
  public static func run<Result>(
    threading: ThreadingLevel = .funneled,
    status: (any Error) -> Int32 = { _ in 1 },
    _ body: (borrowing MPIEnvironment) throws -> Result
  ) throws(MPIError) -> Result {
    let environment = try MPIEnvironment(threading: threading)
    let result: Result
    do {
      result = try body(environment)
    } catch {
      let world = environment.world
      report("rank \(world.rank) of \(world.size): \(error)")
      abort(code: status(error))
    }
    try environment.finalize()
    return result
  }

  /// Ends every rank of the job at once; `mpirun` then exits with `code`.
  ///
  /// This is the way out for an error that leaves the program, since finalizing would wait for
  /// ranks that wait for this one. It never reports success: a `code` whose low byte is 0 becomes
  /// 1. Where MPI is not running, the process just exits.
  ///
  /// The corresponding C function is `MPI_Abort`.
  public static func abort(code: Int32) -> Never {
    let code = code & 0xFF == 0 ? 1 : code
    // MPI_Abort leaves without the usual flush.
    fflush(nil)
    // MPICH's mpirun ends then, and with it goes what it has not read of the ranks' last words.
    if !isOpenMPI, isMPIActive() { usleep(200_000) }
    isAborting.store(true, ordering: .relaxed)
    if isMPIActive() { MPI_Abort(cmpi_MPI_COMM_WORLD(), code) }
    exit(code)
  }
}

/// Keeps an abort that runs exit handlers from aborting again in one of them.
private let isAborting = Atomic<Bool>(false)

/// Makes a process that exits without finalizing MPI abort its job.
///
/// mpirun would end the other ranks, too, but with the exit status of the one that left, which may
/// be 0: a job that was cut short must not look like success.
func abortIfNotFinalizedAtExit() {
  let handler: @convention(c) (Int32, UnsafeMutableRawPointer?) -> Void = { status, _ in
    guard isMPIActive(), !isAborting.load(ordering: .relaxed) else { return }
    report("a rank exited without finalizing MPI, so the whole job is aborted")
    MPIEnvironment.abort(code: status)
  }
  on_exit(handler, nil)
}

/// Writes one line to standard error in one piece, so that the ranks' lines do not mix.
private func report(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  bytes.withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
