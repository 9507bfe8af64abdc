import Cluster
import Foundation

/// Tries whether a host can log in to others as `mpirun` does to start ranks there.
package enum Logins {
  /// The most hosts that one tries: as many as an `mpirun` reaches by itself.
  private static let most = 64
  /// The time that the logins may take, in seconds.
  private static let limit = 10.0

  /// The hosts that the host numbered `host` tries, in both directions between the first one, where
  /// `mpirun` usually runs, and all others, and around the ring of all.
  package static func targets(of host: Int, hosts: Int) -> [Int] {
    if host == 0 { return Array(1..<max(min(hosts, most + 1), 1)) }
    return Set([0, (host + 1) % hosts]).sorted()
  }

  /// True if `mpirun` started this job's ranks by logging in to their hosts.
  static var areUsed: Bool {
    let environment = ProcessInfo.processInfo.environment
    // MPICH's tells its ranks their number by PMI.
    return environment["SLURM_JOB_ID"] == nil
      && (Launcher.current.isOpenMPI || environment["PMI_RANK"] != nil)
  }

  /// The names of those hosts that a login, or a command there, fails on.
  static func refused(_ names: [String]) -> [String] {
    let environment = ProcessInfo.processInfo.environment
    let given =
      environment[Launcher.current.isOpenMPI ? "OMPI_MCA_plm_rsh_agent" : "HYDRA_LAUNCHER_EXEC"]
    // The first of Open MPI's alternatives that is here.
    let agent =
      (given ?? "ssh").split(separator: ":")
      .first.map { $0.split(separator: " ").map(String.init) } ?? ["ssh"]
    let isSSH = agent[0] == "ssh" || agent[0].hasSuffix("/ssh")
    let options = isSSH ? ["-o", "BatchMode=yes", "-o", "ConnectTimeout=5"] : []
    let logins = names.map { name in
      (name, try? start(["/usr/bin/env"] + agent + options + [name, "true"]))
    }
    let stopwatch = Stopwatch()
    while stopwatch.total < limit, logins.contains(where: { $0.1?.isRunning == true }) {
      usleep(10_000)
    }
    return logins.compactMap { name, process in
      guard let process else { return name }
      guard !process.isRunning else {
        process.terminate()
        return name
      }
      return process.terminationStatus == 0 ? nil : name
    }
  }

  private static func start(_ command: [String]) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: command[0])
    process.arguments = Array(command.dropFirst())
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }
}
