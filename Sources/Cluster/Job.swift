import Foundation
import MessagePassing

/// The program's life under MPI: alone, or as one of the ranks that `mpirun` or `srun` started.
package enum Job {
  /// Initializes MPI, runs `body` and ends the process.
  ///
  /// The status is 0, or that of a `JobFailure`, which all ranks know of: rank 0 says it, and they
  /// finalize MPI and leave. On a `RankFailure` this rank says so with its number and host, and
  /// aborts the job, since the others may be waiting for it; an error of another type counts as
  /// one.
  package static func run(_ body: (ProcessGroup) throws -> Void) -> Never {
    // A reader of this process's output that went away is no reason to stop training.
    signal(SIGPIPE, SIG_IGN)
    TerminationSignals.install()
    LastWords.prepare()
    let console = Console()
    let watchdog = Watchdog(limit: StallPolicy.Limits().abort)
    do {
      try Launcher.current.checkBeforeMPI()
      // Before there are threads, each of which may take memory for itself, or not yet.
      try MemoryLimits.checkBeforeMPI()
      watchdog.start(reportingTo: console)
      MessageFolder.choose(console)
      Launcher.current.setStartVariables()
      let mpi = try MPIEnvironment(threading: .funneled)
      // MPICH takes SIGUSR1 for news of a dead process, and asks a launcher that may not be there.
      TerminationSignals.install()
      let (world, host) = (mpi.world, try mpi.processorName())
      let status = run(world, host, console) {
        let group = try ProcessGroup(
          world: world, host: host, console: console, watchdog: watchdog)
        try group.collectively { try Launcher.current.check(worldSize: group.size) }
        try body(group)
        try group.onRoot { try console.requireOutput() }
      }
      try mpi.finalize()
      exit(status)
    } catch {
      if Launcher.current.rank == 0 { console.error("\(error)") }
      exit(JobFailure(error).exitStatus)
    }
  }

  /// Runs `body`, and returns the exit status that all ranks have.
  private static func run(
    _ world: Communicator, _ host: String, _ console: Console, _ body: () throws -> Void
  ) -> Int32 {
    // The world may end before the communicators that were derived from it, not after MPI.
    defer { world.waitStrategy = nil }
    do {
      try RankFailure.wrapping(rank: world.rank, host: host, body)
      console.finish()
      return 0
    } catch let failure as JobFailure {
      if world.rank == 0 && Launcher.current.rank == 0 { console.error("\(failure)") }
      console.finish()
      return failure.exitStatus
    } catch {
      console.error("\(error)")
      MPIEnvironment.abort(code: 1)
    }
  }
}
