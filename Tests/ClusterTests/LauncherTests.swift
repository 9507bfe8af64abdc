import Cluster
import Foundation
import TestSupport
import Testing

@Suite("Launcher")
struct LauncherTests {
  @Test("A world of the launcher's size is right, any other is an error that names the variable")
  func worldSize() throws {
    for variable in ["SLURM_NTASKS", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE"] {
      let launcher = Launcher([variable: "4"])
      #expect(launcher.startsSeveralRanks)
      try launcher.check(worldSize: 4)
      let error = #expect(throws: LauncherError.self) { try launcher.check(worldSize: 1) }
      #expect(error?.description.contains("\(variable)=4") == true)
    }
    try Launcher([:]).check(worldSize: 7)
    #expect(!Launcher([:]).startsSeveralRanks)
    #expect(!Launcher(["OMPI_COMM_WORLD_SIZE": "1"]).startsSeveralRanks)
  }

  @Test("Another MPI's launcher is an error that names the one that the program needs")
  func otherLauncher() {
    for (variable, needsOpenMPI, advice) in [
      ("PMI_SIZE", true, "Open MPI's mpirun, or under Slurm with srun --mpi=pmix"),
      ("OMPI_COMM_WORLD_SIZE", false, "MPICH's mpirun, or under Slurm with srun --mpi=pmi2"),
    ] {
      let launcher = Launcher([variable: "2"], needsOpenMPI: needsOpenMPI)
      let error = #expect(throws: LauncherError.self) { try launcher.check(worldSize: 1) }
      #expect(error?.description.contains(advice) == true, "\(String(describing: error))")
    }
  }

  @Test("Below mpirun, which Slurm starts once a host, the ranks are those of mpirun")
  func mpirunInAnAllocation() throws {
    let launcher = Launcher(["OMPI_COMM_WORLD_SIZE": "4", "SLURM_NTASKS": "2"])
    try launcher.check(worldSize: 4)
    #expect(throws: LauncherError.self) { try launcher.check(worldSize: 2) }
    #expect(!Launcher(["OMPI_COMM_WORLD_SIZE": "1", "SLURM_NTASKS": "2"]).startsSeveralRanks)
  }

  @Test("srun without PMIx is an error before Open MPI starts")
  func srun() throws {
    let step = ["SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1"]
    func check(_ environment: [String: String], needsOpenMPI: Bool = true) throws {
      try Launcher(environment, needsOpenMPI: needsOpenMPI).checkBeforeMPI()
    }
    let error = #expect(throws: LauncherError.self) { try check(step) }
    #expect(error?.description.contains("srun --mpi=pmix") == true)
    try check(step.merging(["PMIX_RANK": "1"]) { $1 })
    try check(["SLURM_NTASKS": "2"])
    try check(step, needsOpenMPI: false)
  }

  @Test("A launcher started a process that has a rank, and not one that is in an allocation")
  func absence() {
    #expect(Launcher(["SLURM_NTASKS": "4", "SLURM_PROCID": "0", "PATH": "/bin"]).isAbsent)
    #expect(!Launcher(["OMPI_COMM_WORLD_SIZE": "1"]).isAbsent)
    #expect(!Launcher(["PMIX_RANK": "0"]).isAbsent)
    #expect(!Launcher(["PMI_RANK": "0"]).isAbsent)
  }

  @Test("Ranks of one host start without a look for networks, unless somebody chose one")
  func startVariables() {
    func variables(_ environment: [String: String], needsOpenMPI: Bool = true) -> [String: String] {
      Launcher(environment, needsOpenMPI: needsOpenMPI).startVariables
    }
    func job(_ ranks: Int, ofHost: Int) -> [String: String] {
      ["OMPI_COMM_WORLD_SIZE": "\(ranks)", "OMPI_COMM_WORLD_LOCAL_SIZE": "\(ofHost)"]
    }
    #expect(variables(job(4, ofHost: 4)).keys.sorted() == ["HWLOC_COMPONENTS", "OMPI_MCA_pml"])
    #expect(variables(job(4, ofHost: 4))["OMPI_MCA_pml"] == "ob1")
    let plain = ["HWLOC_COMPONENTS": "-gl"]
    #expect(variables(job(4, ofHost: 2)) == plain)
    #expect(
      variables([:]).keys.sorted()
        == ["HWLOC_COMPONENTS", "OMPI_MCA_ess_singleton_isolated", "OMPI_MCA_pml"])
    for choice in ["OMPI_MCA_pml": "ucx", "OMPI_MCA_mtl": "ofi", "OMPI_MCA_btl": "self,tcp"] {
      #expect(variables(job(4, ofHost: 4).merging([choice]) { $1 }) == plain)
    }
    #expect(
      variables(job(2, ofHost: 2).merging(["HWLOC_COMPONENTS": "x86"]) { $1 })
        == ["OMPI_MCA_pml": "ob1"])
    #expect(variables(job(2, ofHost: 2).merging(plain) { $1 }).count == 2)
    let step = ["PMIX_RANK": "0", "SLURM_STEP_NUM_NODES": "1"]
    #expect(variables(step)["OMPI_MCA_pml"] == "ob1")
    #expect(variables(step.merging(["SLURM_STEP_NUM_NODES": "2"]) { $1 }) == plain)
    #expect(variables(step.merging(["SLURM_HET_SIZE": "2"]) { $1 }) == plain)
    // mpirun in an allocation: the step is that of its daemons.
    #expect(variables(job(4, ofHost: 2).merging(step) { $1 }) == plain)
    #expect(variables([:], needsOpenMPI: false).isEmpty)
  }

  @Test("A choice of networks in a file of parameters stands")
  func parameterFiles() throws {
    let folder = try TemporaryFolder()
    let job = [
      "OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_LOCAL_SIZE": "2", "HOME": folder.path,
    ]
    let file = folder.path + "/.openmpi/mca-params.conf"
    try FileManager.default.createDirectory(
      atPath: folder.path + "/.openmpi", withIntermediateDirectories: false)
    for (text, isFree) in [
      ("# pml = ucx\nbtl_tcp_if_include = eth0\n", true), ("  pml = ucx\n", false),
      ("orte_base=1\nbtl=^openib, vader", false), ("pml = ^ucx\nbtl = ^uct,openib,ofi\n", true),
    ] {
      try text.write(toFile: file, atomically: true, encoding: .utf8)
      #expect((Launcher(job).startVariables["OMPI_MCA_pml"] == "ob1") == isFree, "\(text)")
    }
    try FileManager.default.removeItem(atPath: file)
    let named = job.merging(["OMPI_MCA_mca_base_param_files": "/x"]) { $1 }
    #expect(Launcher(named).startVariables["OMPI_MCA_pml"] == nil)
  }

  @Test("mpirun's rank comes before Slurm's, which all ranks of a batch script inherit")
  func rank() {
    #expect(Launcher(["SLURM_PROCID": "0", "OMPI_COMM_WORLD_RANK": "3"]).rank == 3)
    #expect(Launcher(["SLURM_PROCID": "2"]).rank == 2)
    #expect(Launcher([:]).rank == 0)
  }
}
