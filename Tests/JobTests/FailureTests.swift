import Foundation
import Testing
import TestSupport

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
      arguments: ["--set", "data.directory=HERE/fashion-mnist"],
      message: [
        "HERE/fashion-mnist: found no such folder", "(idx)", "(npy)", "(npz)", "(ts)",
        "dataset-fashion-mnist", "fetch-data",
      ]),
    Mistake(
      arguments: ["--set", "data.format=ts"],
      message: ["HERE/data: found no file whose name ends in _TRAIN.ts"]),
    Mistake(arguments: ["--set", "data.format=csv"], message: ["auto, idx, npy, npz, ts"]),
    Mistake(arguments: ["--set", "train.bacth=3"], message: ["train.bacth", "train.batch"]),
    Mistake(arguments: ["--batch", "many"], message: ["train.batch", "'many'"]),
    Mistake(arguments: ["--batch", "3"], message: ["train.batch is 3", "4 shards"]),
    Mistake(arguments: ["--set", "data.shards=2"], message: ["3 ranks for 2 shards"]),
    Mistake(arguments: ["--set", "data.shards=204", "--batch", "300"], message: ["204 shards"]),
    Mistake(arguments: ["--output", "/proc/nowhere"], message: ["/proc/nowhere", "--output"]),
    Mistake(arguments: ["--init", "HERE/missing"], message: ["HERE/missing: "]),
    Mistake(arguments: ["--set", "data.classes=[a, b, c]"], message: ["label", "3"]),
    Mistake(arguments: ["--config", "HERE/missing.yaml"], message: ["HERE/missing.yaml"]),
    Mistake(arguments: ["--max-steps", "0"], message: ["--max-steps is 0"]),
    Mistake(arguments: ["--frobnicate"], message: ["--frobnicate"]),
    Mistake(arguments: ["--output", ""], message: ["--output is empty"]),
    Mistake(arguments: ["--epochs", "9223372036854775807"], message: ["train.epochs", "1 to"]),
    Mistake(arguments: ["--set", "data.directory="], message: ["data.directory"]),
    Mistake(
      arguments: ["--set", "data.validation=203"],
      message: ["data.validation", "fewer than the 203"]),
    Mistake(
      arguments: ["--set", "data.validation=200"],
      message: ["data.shards", "4 shards", "3 samples"]),
    Mistake(
      arguments: ["--set", "model.hidden=65536", "--set", "model.layers=64"],
      message: ["GiB for", "model.hidden"]),
    Mistake(
      arguments: ["--set", "augment.shift=5"], message: ["augment.shift is 5", "6 x 5 pixels"]),
  ]

  @Test("A mistake is said once by all ranks together", arguments: mistakes)
  func mistake(_ mistake: Mistake) throws {
    // The workspace's folder.
    func here(_ text: String) -> String { text.replacing("HERE", with: workspace.path) }
    for ranks in [nil, 3] {
      // One process may have two shards.
      if ranks == nil && mistake.message[0].contains("ranks for") { continue }
      let result = try workspace.train(ranks: ranks, output: "run", mistake.arguments.map(here))
      #expect(result.status != 0 && !result.timedOut, "\(result)")
      let said = result.standardError.components(separatedBy: "lockstep: ").count - 1
      let usage = result.standardError.components(separatedBy: "Error: ").count - 1
      #expect(said + usage == 1, "\(result)")
      for part in mistake.message.map(here) {
        #expect(result.standardError.contains(part), "\(result)")
      }
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
    let written = try String(
      contentsOfFile: workspace.path + "/run/configuration.yaml", encoding: .utf8)
    #expect(written.contains("batch: 10\n"), "the folder still tells of its own run")
  }

  @Test("A run is not resumed with an end that it is past")
  func shorter() throws {
    try workspace.train(ranks: nil, output: "run", ["--epochs", "2"])
    let result = try workspace.train(ranks: 2, output: "run", ["--resume", "--epochs", "1"])
    #expect(result.status == 78, "\(result)")
    #expect(
      result.standardError.contains("a run of 42 steps, and the configuration ends with step 21"),
      "\(result)")
    let written = try String(
      contentsOfFile: workspace.path + "/run/configuration.yaml", encoding: .utf8)
    #expect(written.contains("epochs: 2\n"), "the folder still tells of its own run")
  }

  @Test("Two processes do not write to one run")
  func sharedFolder() throws {
    let script = """
      "$@" --epochs 1000000 >/dev/null 2>&1 & first=$!
      sleep 3; "$@" --resume --epochs 1000000; status=$?; kill -TERM $first; wait $first; exit $status
      """
    let result = try run(
      "/bin/sh",
      [
        "-c", script, "sh", Workspace.lockstep, "train", "--config",
        workspace.path + "/tiny.yaml", "--output", workspace.path + "/run",
      ], timeout: 60)
    #expect(result.status == 78 && result.standardError.contains("another process"), "\(result)")
  }

  @Test("Help and the version are printed once, and are no failure")
  func help() throws {
    for arguments in [["--help"], ["train", "--help"], ["help", "predict"], ["--version"], []] {
      let alone = try workspace.lockstep(arguments)
      #expect(alone.status == 0 && !alone.standardOutput.isEmpty, "\(alone)")
      let job = try runJob(
        ranks: 3, executable: Workspace.lockstep, arguments: arguments, timeout: 60)
      #expect(job.status == 0 && job.standardOutput == alone.standardOutput, "\(job)")
    }
  }

  @Test("Output that cannot be written is a failure")
  func lostOutput() throws {
    try workspace.train(ranks: nil, output: "run", ["--max-steps", "1"])
    let result = try run(
      "/bin/sh",
      ["-c", "exec \"$@\" >/dev/full", "sh", Workspace.lockstep, "inspect"]
        + [workspace.checkpoint("run", step: 1)], timeout: 60)
    #expect(result.status != 0 && result.standardError.contains("standard output"), "\(result)")
    for arguments in [["--help"], ["train", "--help"], ["--version"], []] {
      let help = try run(
        "/bin/sh", ["-c", "exec \"$@\" >/dev/full", "sh", Workspace.lockstep] + arguments)
      #expect(help.status == 1, "\(help)")
      #expect(
        help.standardError.contains("standard output: it cannot be written (No space"), "\(help)")
    }
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
    try FileManager.default.createDirectory(
      atPath: workspace.path + "/b", withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: workspace.path + "/data", toPath: workspace.path + "/b/data")
    try FileManager.default.removeItem(atPath: workspace.path + "/b/data/train-labels-idx1-ubyte")
    let result = try differingRanks(
      [], common: ["--set", "data.directory=data"], folders: (workspace.path, workspace.path + "/b")
    )
    #expect(result.standardError.contains("lockstep: rank 2 on "), "\(result)")
    #expect(result.standardError.contains("data/train-labels-idx1-ubyte"), "\(result)")
  }

  @Test("Ranks with different configurations or data do not start")
  func disagreement() throws {
    let seeds = try differingRanks(["--seed", "77"])
    #expect(seeds.standardError.contains("rank 2 on "), "\(seeds)")
    #expect(seeds.standardError.contains("another configuration than rank 0"), "\(seeds)")

    // The same configuration with a relative directory, and other data there.
    try FileManager.default.createDirectory(
      atPath: workspace.path + "/b", withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: workspace.path + "/data", toPath: workspace.path + "/b/data")
    let labels = URL(filePath: workspace.path + "/b/data/train-labels-idx1-ubyte")
    var bytes = try Data(contentsOf: labels)
    bytes[20] = (bytes[20] + 1) % 4
    try bytes.write(to: labels)
    let data = try differingRanks(
      [], common: ["--set", "data.directory=data"], folders: (workspace.path, workspace.path + "/b")
    )
    #expect(data.standardError.contains("another data set than rank 0"), "\(data)")
  }

  /// Runs a job of three ranks, the last of which has other arguments.
  private func differingRanks(
    _ arguments: [String], common: [String] = [], folders: (String, String) = ("/", "/"),
    environment: String = "A=B"
  ) throws -> JobResult {
    let common =
      ["train", "--config", workspace.path + "/tiny.yaml", "--output", workspace.path + "/run"]
      + common
    let result = try run(
      "/usr/bin/env",
      Mpirun.command + ["-np", "2", "-wdir", folders.0, Workspace.lockstep] + common
        + [":", "-np", "1", "-wdir", folders.1, "env", environment, Workspace.lockstep]
        + common + arguments,
      environment: Mpirun.environment, timeout: 60)
    #expect(result.status != 0 && !result.timedOut, "\(result)")
    #expect(!FileManager.default.fileExists(atPath: workspace.path + "/run/metrics.jsonl"))
    return result
  }

  @Test("A rank that is killed ends the job within seconds")
  func killedRank() throws {
    // The shell becomes the rank's parent process id, which the rank keeps when it becomes
    // lockstep.
    let script = """
      if [ "\(Mpirun.rank)" = 1 ]; then (sleep 3; kill -9 $$) & fi
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
    let words = Mpirun.isOpenMPI ? result.standardError : result.standardOutput
    #expect(words.contains("signal 9"), "\(result)")
  }

  @Test("A test loss that is not finite ends the run with a sentence", arguments: ["root", "all"])
  func notFiniteEvaluation(_ ranks: String) throws {
    let result = try workspace.train(
      ranks: 2, output: "run",
      [
        "--max-steps", "1", "--set", "optimizer.learningRate=1e38", "--set",
        "evaluation.ranks=\(ranks)",
      ])
    #expect(result.status == 1 && !result.timedOut, "\(result)")
    #expect(
      result.standardError.contains("the loss on the test samples is not a number"), "\(result)")
  }

  @Test("A loss that is not finite stops all ranks at the same step, which is named")
  func notFinite() throws {
    let result = try workspace.train(
      ranks: 3, output: "run", ["--set", "optimizer.learningRate=1e38"])
    #expect(result.status != 0 && !result.timedOut, "\(result)")
    #expect(
      result.standardError.contains(/lockstep: step \d+: the loss is (not a number|infinite) and/),
      "\(result)")
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
