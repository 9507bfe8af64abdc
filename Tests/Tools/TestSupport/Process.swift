import Foundation
import Synchronization

/// The end of a process or an `mpirun` job, and what it wrote.
package struct JobResult: Sendable, CustomStringConvertible {
  /// The exit status; 128 plus the number of the signal for a process that a signal ended.
  package let status: Int32
  /// True if the process was killed because it ran past its time limit.
  package let timedOut: Bool
  /// All that was written to standard output, as UTF-8.
  package let standardOutput: String
  /// All that was written to standard error, as UTF-8.
  package let standardError: String

  /// True if it ended in time with status 0.
  package var succeeded: Bool { status == 0 && !timedOut }

  /// Everything, for a test's failure message.
  package var description: String {
    """
    status \(status)\(timedOut ? ", killed at its time limit" : "")
    --- standard output
    \(standardOutput)
    --- standard error
    \(standardError)
    """
  }
}

/// Why a process could not be started.
package struct LaunchError: Error, CustomStringConvertible {
  /// A sentence with the path and the system's reason.
  package let description: String
}

/// Writes a script to a file at `path` that can be started.
///
/// Another process writes it: what is open for writing cannot be started (`ETXTBSY`), and a child that
/// another test starts at the same moment has the files of this process open.
package func writeScript(_ text: String, to path: String) throws {
  let draft = path + ".draft"
  try text.write(toFile: draft, atomically: false, encoding: .utf8)
  let result = try run("/usr/bin/install", ["-m", "755", draft, path])
  guard result.succeeded else { throw LaunchError(description: "\(result)") }
}

/// Runs a program to its end and returns what it wrote.
///
/// `environment` is added to this process's own. Past `timeout` seconds the program's whole process
/// group is ended, first by SIGTERM (mpirun then ends its ranks) and 5 s later by SIGKILL.
/// Throws ``LaunchError`` if the program cannot be started.
package func run(
  _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
  timeout: Double = 60
) throws -> JobResult {
  let child = try Child(executable, arguments, environment)
  return child.collect(timeout: timeout)
}

/// Runs an MPI job of `ranks` ranks to its end and returns what all of them wrote.
///
/// Jobs run one at a time in a test process, since each takes every core. `timeout` is in seconds.
/// The ranks are not bound to cores and may be more than there are cores.
/// Throws ``LaunchError`` if mpirun cannot be started.
package func runJob(
  ranks: Int, executable: String, arguments: [String] = [], environment: [String: String] = [:],
  timeout: Double = 60
) throws -> JobResult {
  return try oneJobAtATime.withLock { _ in
    try run(
      "/usr/bin/env", Mpirun.command + ["-np", "\(ranks)", executable] + arguments,
      environment: Mpirun.environment.merging(environment) { _, given in given },
      timeout: timeout)
  }
}

/// Where the build put one of the package's executables: beside the tests that are running.
package func builtProduct(named name: String) -> URL {
  URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appendingPathComponent(name)
}

private let oneJobAtATime = Mutex(())
