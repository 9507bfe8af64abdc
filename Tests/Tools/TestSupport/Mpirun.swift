import Foundation
import MessagePassing

/// The launcher of the MPI that the tests are built with.
package enum Mpirun {
  /// True for Open MPI's, false for that of MPICH or a descendant.
  package static let isOpenMPI = MPIEnvironment.isOpenMPI

  /// The command, which `env` finds, and options by which ranks are not bound to cores and may be
  /// more than there are cores. Both are MPICH's ways without an option.
  package static let command =
    isOpenMPI
    ? ["mpirun", "--oversubscribe", "--bind-to", "none"] : [isDebian ? "mpirun.mpich" : "mpirun"]

  /// The variable that tells scripts which MPI's it is, and those without which Open MPI's refuses to
  /// run as root, as containers often do.
  package static let environment = [
    "LOCKSTEP_MPI": isOpenMPI ? "openmpi" : "mpich",
    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
  ]

  /// The rank of a process in a shell's script.
  package static let rank = "${OMPI_COMM_WORLD_RANK-$PMI_RANK}"

  /// Debian has a name for each MPI's, and `mpirun` for one of them.
  private static var isDebian: Bool {
    FileManager.default.isExecutableFile(atPath: "/usr/bin/mpirun.mpich")
  }
}
