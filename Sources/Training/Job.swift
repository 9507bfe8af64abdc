import Foundation
import MessagePassing

/// The program's life under MPI: alone, or as one of the ranks that `mpirun` or `srun` started.
public enum Job {
  /// Initialises MPI, runs `body` and ends the process.
  ///
  /// The status is 0, or 1 after a failure. A `JobFailure` is known to all ranks, which finalise MPI
  /// and leave; rank 0 has said it. Any other error is this rank's alone: it says so with its rank
  /// and host, and aborts the job, since the others may be waiting for it.
  public static func run(_ body: (Team) throws -> Void) -> Never {
    // A reader of the output that went away is no reason to stop training.
    signal(SIGPIPE, SIG_IGN)
    do {
      try Launcher.current.checkBeforeMPI()
      let mpi = try MPIEnvironment(threading: .funneled)
      let team = Team(world: mpi.world, host: try mpi.processorName())
      do {
        try team.together { try Launcher.current.check(worldSize: team.size) }
        try body(team)
      } catch let failure as JobFailure {
        if team.isRoot && Launcher.current.rank == 0 { Console.standard.error("\(failure)") }
        try mpi.finalize()
        exit(1)
      } catch {
        Console.standard.error("rank \(team.rank) on \(team.host): \(error)")
        MPIEnvironment.abort(code: 1)
      }
      Console.standard.finish()
      try mpi.finalize()
      exit(0)
    } catch {
      if Launcher.current.rank == 0 { Console.standard.error("\(error)") }
      exit(1)
    }
  }
}
