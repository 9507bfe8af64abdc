import Foundation
import TestSupport
import Testing

/// Bad input and dead ranks: one clear message, a status other than 0, and no hang.
@Suite("Failures")
struct FailureTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  struct Mistake: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    let message: [String]
    var testDescription: String { arguments.joined(separator: " ") }
  }

  static let mistakes = [
    Mistake(
      arguments: ["--set", "data.directory=/nonexistent"],
      message: ["/nonexistent/train-images-idx3-ubyte", "dataset-fashion-mnist", "fetch-data"]),
    Mistake(arguments: ["--set", "train.bacth=3"], message: ["train.bacth", "train.batch"]),
    Mistake(arguments: ["--batch", "many"], message: ["train.batch", "'many'"]),
    Mistake(arguments: ["--batch", "3"], message: ["train.batch is 3", "4 shards"]),
    Mistake(arguments: ["--set", "data.shards=2"], message: ["3 ranks for 2 shards"]),
    Mistake(arguments: ["--set", "data.shards=204", "--batch", "300"], message: ["204 shards"]),
    Mistake(arguments: ["--output", "/proc/nowhere"], message: ["/proc/nowhere", "--output"]),
    Mistake(arguments: ["--init", "/nonexistent"], message: ["/nonexistent"]),
    Mistake(arguments: ["--set", "data.classes=[a, b, c]"], message: ["label", "3"]),
    Mistake(arguments: ["--config", "/nonexistent.yaml"], message: ["/nonexistent.yaml"]),
    Mistake(arguments: ["--max-steps", "0"], message: ["--max-steps is 0"]),
    Mistake(arguments: ["--frobnicate"], message: ["--frobnicate"]),
    Mistake(arguments: ["--init", "a", "--resume"], message: ["--init and --resume"]),
  ]

  @Test("A mistake is said once by all ranks together", arguments: mistakes)
  func mistake(_ mistake: Mistake) throws {
    for ranks in [nil, 3] {
      // One process may have two shards.
      if ranks == nil && mistake.message[0].contains("ranks for") { continue }
      let result = try workspace.train(ranks: ranks, output: "run", mistake.arguments)
      #expect(result.status != 0 && !result.timedOut, "\(result)")
      let said = result.standardError.components(separatedBy: "lockstep: ").count - 1
      let usage = result.standardError.components(separatedBy: "Error: ").count - 1
      #expect(said + usage == 1, "\(result)")
      for part in mistake.message { #expect(result.standardError.contains(part), "\(result)") }
    }
  }

  @Test("A run's folder is not written over")
  func occupiedFolder() throws {
    try workspace.train(ranks: nil, output: "run", ["--max-steps", "2"])
    let before = try workspace.metrics("run")
    let result = try workspace.train(ranks: 2, output: "run", ["--max-steps", "2"])
    #expect(result.status != 0 && result.standardError.contains("--resume"), "\(result)")
    #expect(try workspace.metrics("run") == before)
  }

  @Test("Resuming under another configuration names the difference")
  func otherConfiguration() throws {
    try workspace.train(ranks: nil, output: "run", ["--max-steps", "2"])
    let result = try workspace.train(ranks: 2, output: "run", ["--resume", "--batch", "20"])
    #expect(result.status != 0, "\(result)")
    #expect(result.standardError.contains("train.batch 10, and now it is 20"), "\(result)")
  }

  @Test("Initial parameters of other shapes are refused, with the name and both shapes")
  func otherShapes() throws {
    try workspace.train(ranks: nil, output: "run", ["--max-steps", "1"])
    let result = try workspace.train(
      ranks: 2, output: "other",
      ["--init", workspace.checkpoint("run", step: 1), "--set", "model.hidden=9"])
    #expect(result.status != 0, "\(result)")
    #expect(result.standardError.contains("fc.weight has the shape [4, 8]"), "\(result)")
    #expect(result.standardError.contains("[4, 9]"), "\(result)")
  }

  @Test("A rank that fails alone is named, with its host and the reason")
  func oneRank() throws {
    try FileManager.default.copyItem(
      atPath: workspace.path + "/data", toPath: workspace.path + "/other")
    let labels = workspace.path + "/other/train-labels-idx1-ubyte"
    try FileManager.default.removeItem(atPath: labels)
    let result = try differingRanks(["--set", "data.directory=\(workspace.path)/other"])
    #expect(result.standardError.contains("lockstep: rank 2 on "), "\(result)")
    #expect(result.standardError.contains("other/train-labels-idx1-ubyte"), "\(result)")
  }

  @Test("Ranks with different configurations or data do not start")
  func disagreement() throws {
    let seeds = try differingRanks(["--seed", "77"])
    #expect(seeds.standardError.contains("rank 2 on "), "\(seeds)")
    #expect(seeds.standardError.contains("another configuration than rank 0"), "\(seeds)")
  }

  /// Runs a job of three ranks, the last of which has other arguments.
  private func differingRanks(_ arguments: [String]) throws -> JobResult {
    let common = [
      "train", "--config", workspace.path + "/tiny.yaml", "--output", workspace.path + "/run",
    ]
    let result = try run(
      "/usr/bin/env",
      ["mpirun", "--oversubscribe", "-np", "2", Workspace.lockstep] + common
        + [":", "-np", "1", Workspace.lockstep] + common + arguments,
      environment: [
        "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
      ], timeout: 60)
    #expect(result.status != 0 && !result.timedOut, "\(result)")
    #expect(!FileManager.default.fileExists(atPath: workspace.path + "/run/metrics.jsonl"))
    return result
  }

  @Test("A rank that is killed ends the job within seconds")
  func killedRank() throws {
    // The shell becomes the rank's parent process id, which the rank keeps when it becomes lockstep.
    let script = """
      if [ "$OMPI_COMM_WORLD_RANK" = 1 ]; then (sleep 3; kill -9 $$) & fi
      exec "$@"
      """
    let clock = ContinuousClock.now
    let result = try runJob(
      ranks: 3, executable: "/bin/sh",
      arguments: [
        "-c", script, "sh", Workspace.lockstep, "train", "--config", workspace.path + "/tiny.yaml",
        "--output", workspace.path + "/run", "--epochs", "1000000",
      ], timeout: 60)
    #expect(result.status != 0 && !result.timedOut, "\(result)")
    #expect(ContinuousClock.now - clock < .seconds(20))
    #expect(result.standardError.contains("signal 9"), "\(result)")
  }

  @Test("A loss that is not finite stops all ranks at the same step, which is named")
  func notFinite() throws {
    let result = try workspace.train(
      ranks: 3, output: "run", ["--set", "optimizer.learningRate=1e38"])
    #expect(result.status != 0 && !result.timedOut, "\(result)")
    #expect(result.standardError.contains("lockstep: step "), "\(result)")
    #expect(result.standardError.contains("optimizer.learningRate"), "\(result)")
  }

  @Test("Processes that a launcher starts without MPI between them do not train alone")
  func lonelyTrainers() throws {
    for (rank, says) in [("0", true), ("1", false)] {
      let result = try workspace.train(
        ranks: nil, output: "run", environment: ["SLURM_NTASKS": "4", "SLURM_PROCID": rank])
      #expect(result.status != 0, "\(result)")
      #expect(result.standardError.contains("SLURM_NTASKS=4") == says, "\(result)")
    }
  }

  @Test("A damaged checkpoint is refused by every command")
  func damagedCheckpoint() throws {
    try workspace.train(ranks: nil, output: "run", ["--max-steps", "1"])
    let path = workspace.checkpoint("run", step: 1)
    var bytes = try Data(contentsOf: URL(filePath: path))
    bytes[bytes.count - 5] ^= 1
    try bytes.write(to: URL(filePath: path))
    for arguments in [
      ["inspect", path], ["evaluate", "--checkpoint", path],
      ["predict", "--checkpoint", path, "--index", "0"],
    ] {
      let result = try workspace.lockstep(arguments)
      #expect(result.status != 0 && result.standardError.contains("damaged"), "\(result)")
    }
  }
}
