import Foundation
import Testing
import TestSupport

/// Defects of memory, and standard output that is lost.
@Suite("Faults")
struct FaultTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  @Test("A bus error that somebody sent is none of memory, and ends the process as it would")
  func sentBusError() throws {
    let result = try workspace.shell(
      """
      "$@" & job=$!; until [ -s run/metrics.jsonl ]; do sleep 0.02; kill -0 $job || exit; done
      kill -BUS $job; wait $job
      """, ["--output", "run", "--epochs", "100000"])
    #expect(result.status == 128 + SIGBUS, "\(result)")
    #expect(!result.standardError.contains("memory"), "\(result)")
  }

  @Test(
    "A mapped file that becomes shorter is one of the reasons that are said for a lost page",
    .enabled(if: Mpirun.isOpenMPI, "MPICH's files have no names"))
  func lostPage() throws {
    // The ranks send each other every gradient through Open MPI's files in this folder.
    let result = try runJob(
      ranks: 2, executable: "/bin/bash",
      arguments: [
        "-c",
        """
        cd '\(workspace.path)'; [ \(Mpirun.rank) = 1 ] || exec "$@"
        { until [ -s run/metrics.jsonl ]; do sleep 0.02; kill -0 $$ || exit; done
          truncate -s 0 shm/vader*; } & exec "$@"
        """, "bash", Workspace.lockstep, "train", "--config", workspace.path + "/tiny.yaml",
        "--output", "run", "--epochs", "100000", "--set", "reduction.order=native",
      ],
      environment: ["OMPI_MCA_btl_vader_backing_directory": try folder("shm")])
    #expect(result.status == 1, "\(result)")
    #expect(
      result.standardError.contains(/lockstep: process \d+ on \S+ lost a page of memory that it/),
      "\(result)")
    #expect(result.standardError.contains("or the file became shorter"), "\(result)")
  }

  private func folder(_ name: String) throws -> String {
    let path = workspace.path + "/" + name
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  @Test(
    "A flipped bit in one rank's parameters stops the job and names the rank", arguments: [0, 2])
  func flippedBit(_ rank: Int) throws {
    let result = try runJob(
      ranks: 3, executable: builtProduct(named: "flip-bit").path,
      arguments: ["\(rank)", "7", workspace.path + "/tiny.yaml", workspace.path + "/run"])
    #expect(result.status != 0 && !result.timedOut, "\(result)")
    #expect(
      result.standardError.contains("after step 9 the parameters of rank \(rank) on "), "\(result)")
  }

  @Test(
    "Standard output that takes no lines is an error, after the training",
    arguments: ["/dev/full", "&-"])
  func lostOutput(_ target: String) throws {
    let result = try workspace.shell(
      "exec \"$@\" >\(target)", ["--output", "run", "--epochs", "1"])
    #expect(result.status == 1, "\(result)")
    #expect(
      result.standardError.contains("lockstep: standard output: it cannot be written ("),
      "\(result)")
    #expect(try workspace.checkpointSteps("run") == [21])
    #expect(try workspace.metrics("run").count == 22)
  }

  @Test("A reader of standard output that went away is no error")
  func closedPipe() throws {
    let result = try workspace.shell(
      "set -o pipefail; \"$@\" | true", ["--output", "run", "--epochs", "1"])
    #expect(result.status == 0, "\(result)")
    #expect(try workspace.checkpointSteps("run") == [21])
  }
}
