import Foundation
import MessagePassing

/// The program's life under MPI: alone, or as one of the ranks that `mpirun` or `srun` started.
package enum Job {
  /// Initialises MPI, runs `body` and ends the process.
  ///
  /// The status is 0, or that of a `JobFailure`, which is known to all ranks: they finalise MPI and
  /// leave, and rank 0 has said it. Any other error is this rank's alone: it says so with its rank
  /// and host, and aborts the job, since the others may be waiting for it.
  package static func run(_ body: (ProcessGroup) throws -> Void) -> Never {
    // A reader of this process's output that went away is no reason to stop training.
    signal(SIGPIPE, SIG_IGN)
    TerminationSignals.install()
    Watchdog.shared.start(limit: StallDetector.Limits().abort)
    do {
      try Launcher.current.checkBeforeMPI()
      let mpi = try MPIEnvironment(threading: .funneled)
      let status = try run(body, mpi.world, host: try mpi.processorName())
      try mpi.finalize()
      exit(status)
    } catch {
      if Launcher.current.rank == 0 { Console.standard.error("\(error)") }
      exit((error as? any HasExitStatus)?.exitStatus ?? 1)
    }
  }

  private static func run(
    _ body: (ProcessGroup) throws -> Void, _ world: Communicator, host: String
  ) throws -> Int32 {
    // The world may end before the communicators that were derived from it, not after MPI.
    defer { world.waitStrategy = nil }
    do {
      let group = try ProcessGroup(world: world, host: host)
      try group.collectively { try Launcher.current.check(worldSize: group.size) }
      try body(group)
      Console.standard.finish()
      return 0
    } catch let failure as JobFailure {
      if world.rank == 0 && Launcher.current.rank == 0 { Console.standard.error("\(failure)") }
      Console.standard.finish()
      return failure.status
    } catch {
      Console.standard.error("rank \(world.rank) on \(host): \(error)")
      MPIEnvironment.abort(code: 1)
    }
  }
}
