import Foundation
import MessagePassing

/// A launcher that does not work together with MPI, as a sentence.
package struct LauncherError: HasExitStatus, Equatable, CustomStringConvertible {
  /// The sentence: what was found, and what to do.
  package let description: String
  /// The status of wrong input.
  package var exitStatus: Int32 { JobFailure.inputStatus }

  init(_ description: String) { self.description = description }
}

/// The launcher that started this process, as the environment tells of it before MPI is asked.
package struct Launcher: Sendable {
  /// The variables of the launchers that Lockstep meets: for the number of ranks, and for the rank.
  /// The first that is set tells of the ranks. Below Open MPI's `mpirun`, Slurm's tell of its
  /// daemons, one a host.
  private static let variables = [
    (size: "OMPI_COMM_WORLD_SIZE", rank: "OMPI_COMM_WORLD_RANK", name: "Open MPI's mpirun"),
    (size: "PMI_SIZE", rank: "PMI_RANK", name: "MPICH's mpirun"),
    (size: "SLURM_NTASKS", rank: "SLURM_PROCID", name: "Slurm"),
  ]

  private let environment: [String: String]
  /// True if the program was built with Open MPI, which only its own launcher and PMIx connect;
  /// false for MPICH and its descendants, which PMI connects.
  private let needsOpenMPI: Bool

  /// The launcher of this process.
  package static let current = Launcher(ProcessInfo.processInfo.environment)

  /// A launcher as the environment's variables tell of it, of a program that was built with Open MPI
  /// or not.
  package init(
    _ environment: [String: String], needsOpenMPI: Bool = MPIEnvironment.isOpenMPI
  ) {
    self.environment = environment
    self.needsOpenMPI = needsOpenMPI
  }

  /// True if a launcher started this process as one of several.
  package var startsSeveralRanks: Bool { (told?.size ?? 1) > 1 }

  /// The number of ranks, the variable that tells it and the launcher that set it; nil for none.
  private var told: (size: Int, variable: String, name: String)? {
    for (variable, _, name) in Self.variables {
      if let size = environment[variable].flatMap(Int.init) { return (size, variable, name) }
    }
    return nil
  }

  /// True if Open MPI's `mpirun` started this process, be it as the only one.
  package var isOpenMPI: Bool { environment["OMPI_COMM_WORLD_SIZE"] != nil }

  /// The launcher's number of this process, 0 if there is none: the rank in MPI unless the two do
  /// not work together.
  package var rank: Int {
    Self.variables.lazy.compactMap { environment[$0.rank].flatMap(Int.init) }.first ?? 0
  }

  /// True if nothing started this process as a rank, be it the only one.
  package var isAbsent: Bool {
    !environment.keys.contains { $0.hasPrefix("PMI") || $0.hasPrefix("OMPI_COMM_WORLD_") }
  }

  /// The components of hwloc without the one that asks X servers.
  private static let noDisplays = "-gl"

  /// True if all ranks are on this host.
  private var startsOneHost: Bool {
    if let size = environment["OMPI_COMM_WORLD_SIZE"] {
      return environment["OMPI_COMM_WORLD_LOCAL_SIZE"] == size
    }
    // Each part of a heterogeneous job has a number of its own.
    return isAbsent
      || environment["SLURM_STEP_NUM_NODES"] == "1" && environment["SLURM_HET_SIZE"] == nil
  }

  /// The variables with which Open MPI starts sooner, and leaves out nothing that the job needs.
  ///
  /// - A process that no launcher started needs no `orted`, which would only let it spawn others:
  ///   starting that takes longer, and fails where `PATH` does not have it.
  /// - Ranks of one host send each other messages through its memory (`ob1`). Open MPI would open
  ///   the libraries of fast networks first, to see whether they do better: that is half of what its
  ///   start takes. A choice among them that somebody made stands, be it in the environment or in a
  ///   file of parameters.
  /// - Nor do they need to know where its graphics and network cards are, which the library hwloc
  ///   would look for. It would ask X servers, too, for which it takes whatever listens on ports 6000
  ///   to 6009, such as TensorBoard, and wait for their answer without end.
  package var startVariables: [String: String] {
    guard needsOpenMPI else { return [:] }
    var variables: [String: String] = [:]
    if isAbsent { variables["OMPI_MCA_ess_singleton_isolated"] = "1" }
    let choices = ["pml", "mtl", "btl"]
    let isLocal =
      startsOneHost && choices.allSatisfy { environment["OMPI_MCA_\($0)"] == nil }
      && MPIParameterFiles(environment)?
        .choose(anyOf: choices, needed: ["ob1", "self", "vader", "sm"]) == false
    if isLocal { variables["OMPI_MCA_pml"] = "ob1" }
    variables["HWLOC_COMPONENTS"] = isLocal ? "-gl,-opencl,-pci,-linuxio" : Self.noDisplays
    // launch/train sets the latter as for several hosts.
    return variables.filter { environment[$0.key].map { $0 == Self.noDisplays } ?? true }
  }

  /// Sets those variables, before MPI is initialized.
  package func setStartVariables() {
    for (name, value) in startVariables { setenv(name, value, 1) }
  }

  /// Checks that Open MPI can find the other ranks, before it is asked to, since its own complaint is
  /// long. MPICH makes a world of one rank without a word.
  ///
  /// - Throws: `LauncherError` if `srun` started several ranks without the PMIx plugin.
  package func checkBeforeMPI() throws(LauncherError) {
    guard needsOpenMPI, let size = environment["SLURM_STEP_NUM_TASKS"].flatMap(Int.init), size > 1,
      environment["PMIX_RANK"] == nil, environment["OMPI_COMM_WORLD_SIZE"] == nil
    else { return }
    throw LauncherError(
      "srun started \(size) ranks that MPI cannot connect; start them with srun --mpi=pmix")
  }

  /// Checks that MPI has as many ranks as the launcher started.
  ///
  /// - Throws: `LauncherError` if not, for then each process would train alone.
  package func check(worldSize: Int) throws(LauncherError) {
    guard let (size, variable, name) = told, size != worldSize else { return }
    let (library, plugin) = needsOpenMPI ? ("Open MPI", "pmix") : ("MPICH", "pmi2")
    throw LauncherError(
      "\(name) says \(size) ranks (\(variable)=\(size)), but MPI has \(worldSize) in this job; this "
        + "program was built with \(library): start it with \(library)'s mpirun, or under Slurm with "
        + "srun --mpi=\(plugin), with as many ranks as the allocation has tasks; unset \(variable) "
        + "to run another number on purpose")
  }
}
