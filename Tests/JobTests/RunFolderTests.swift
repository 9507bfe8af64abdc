import Foundation
import Testing
import TestSupport

/// The folder of a run: its checkpoints, damaged ones, disks that take no more.
@Suite("Run folders")
struct RunFolderTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  @Test("The newest checkpoints stay, and the one of the best accuracy; a shorter step is kept too")
  func keep() throws {
    let result = try workspace.train(
      ranks: 2, output: "run",
      ["--set", "checkpoint.everySteps=10", "--set", "checkpoint.keep=4", "--epochs", "2"])
    #expect(result.succeeded, "\(result)")
    #expect(try workspace.checkpointSteps("run") == [20, 21, 30, 40, 42].suffix(4))
    let inspected = try workspace.lockstep(["inspect", workspace.path + "/run/best.safetensors"])
    let best = try workspace.metrics("run").filter { $0["type"] == "evaluation" }
      .max { Double($0["accuracy"] ?? "") ?? 0 < Double($1["accuracy"] ?? "") ?? 0 }
    #expect(inspected.standardOutput.contains("\nstep \(best?["step"] ?? "?")\n"), "\(inspected)")
  }

  @Test("A run that ends before the best checkpoint is written has it after it is resumed")
  func bestAfterResuming() throws {
    // Where a folder has its name the file cannot be put.
    let best = workspace.path + "/run/best.safetensors"
    try FileManager.default.createDirectory(atPath: best, withIntermediateDirectories: true)
    let failed = try workspace.train(ranks: 2, output: "run", ["--epochs", "1"])
    #expect(failed.status == 78 && failed.standardError.contains(best), "\(failed)")
    try FileManager.default.removeItem(atPath: best)

    let resumed = try workspace.train(
      ranks: 2, output: "run", ["--resume=if-any", "--epochs", "1"])
    #expect(resumed.succeeded, "\(resumed)")
    let inspected = try workspace.lockstep(["inspect", best])
    #expect(inspected.standardOutput.contains("\nstep 21\n"), "\(inspected)")
  }

  @Test("Resuming passes over damaged checkpoints, says so, and ends in the same bits")
  func damagedCheckpoints() throws {
    try workspace.train(ranks: nil, output: "undisturbed")
    try workspace.train(
      ranks: 2, output: "run", ["--set", "checkpoint.everySteps=10", "--max-steps", "40"])
    let cut = workspace.checkpoint("run", step: 40)
    try FileHandle(forWritingTo: URL(filePath: cut)).truncate(atOffset: 5000)
    let flipped = workspace.checkpoint("run", step: 30)
    var bytes = try Data(contentsOf: URL(filePath: flipped))
    bytes[bytes.count / 2] ^= 4
    try bytes.write(to: URL(filePath: flipped))

    let result = try workspace.train(ranks: 3, output: "run", ["--resume"])
    #expect(result.succeeded, "\(result)")
    #expect(result.standardError.contains("passing over a checkpoint: \(cut)"), "\(result)")
    #expect(result.standardError.contains("passing over a checkpoint: \(flipped)"), "\(result)")
    #expect(!result.standardError.contains("use an older"), "\(result)")
    #expect(result.standardError.contains("after step 21"), "\(result)")
    #expect(
      try workspace.parameters("run", step: 63) == workspace.parameters("undisturbed", step: 63))
    #expect(try workspace.metrics("run") == workspace.metrics("undisturbed"))
  }

  /// True if this machine lets a test mount a small file system of its own.
  private static let canMount: Bool =
    (try? run(
      "/usr/bin/unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], timeout: 10))?
    .succeeded ?? false

  @Test(
    "A full disk is one clear error, and leaves the earlier checkpoints whole",
    .enabled(if: canMount, "this machine allows no mounts"), arguments: ["stop", "continue"])
  func fullDisk(_ policy: String) throws {
    // The file system ends with the shell, so what is in it is looked at there.
    let script = """
      mount -t tmpfs -o size=72k tmpfs "$1" && shift
      "$@"; echo "status $?"
      for file in "$RUN"/checkpoints/*; do "$1" inspect "$file" >/dev/null && echo "whole $file"; done
      ls -A "$RUN/checkpoints" | grep -c tmp
      """
    let mount = workspace.path + "/small"
    try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: true)
    let result = try run(
      "/usr/bin/unshare",
      [
        "--mount", "/bin/sh", "-c", script, "sh", mount, Workspace.lockstep, "train", "--config",
        workspace.path + "/tiny.yaml", "--output", mount + "/run", "--epochs", "12", "--set",
        "checkpoint.keep=20", "--set", "checkpoint.onFailure=\(policy)",
      ], environment: ["RUN": mount + "/run"], timeout: 60)
    // Where the training goes on, the error is said again at the end, for the last checkpoint.
    let times = policy == "stop" ? 1 : 2
    #expect(
      result.standardError.components(separatedBy: "No space left").count == times + 1, "\(result)")
    #expect(result.standardOutput.contains("status 1\n"), "\(result)")
    let whole = result.standardOutput.matches(of: /whole\s/).count
    #expect(whole >= 1, "\(result)")
    #expect(result.standardOutput.hasSuffix("\n0\n"), "\(result)")
    #expect(!result.standardError.contains("damaged"), "\(result)")
  }

  @Test(
    "A limit of a file's size is one sentence, and leaves whole lines that a resume goes on from")
  func fileSizeLimit() throws {
    let output = ["--output", "run", "--epochs", "100000"]
    // MPI writes longer files when it starts.
    let limit = """
      "$@" & job=$!; until [ -s run/metrics.jsonl ]; do sleep 0.02; kill -0 $job || exit; done
      prlimit --fsize=100003 --pid $job; wait $job
      """
    let result = try workspace.shell(limit, output)
    #expect(result.status == 1, "\(result)")
    #expect(
      result.standardError.contains("run/metrics.jsonl: cannot write it (File too large); raise"),
      "\(result)")
    #expect(result.standardError.components(separatedBy: "too large").count == 2, "\(result)")
    let bytes = try Data(contentsOf: URL(filePath: workspace.path + "/run/metrics.jsonl"))
    #expect(bytes.count > 90_000 && bytes.last == UInt8(ascii: "\n"))

    let last = try #require(try workspace.checkpointSteps("run").last)
    let resumed = try workspace.shell(
      "exec \"$@\"", output + ["--resume", "--max-steps", "\(last + 30)"])
    #expect(resumed.succeeded, "\(resumed)")
    let steps = try workspace.metrics("run").filter { $0["type"] == "step" }.compactMap {
      $0["step"]
    }
    #expect(steps == (1...last + 30).map(String.init))

    // Now a checkpoint is longer, and so is the best one, which is written first if this epoch's is.
    let other = try workspace.shell(
      "rm -r run; " + limit, output + ["--set", "model.hidden=64"])
    #expect(other.status == 1, "\(other)")
    #expect(
      other.standardError.contains(
        /run\/(checkpoints\/step-\d+|best)\.safetensors: cannot write it \(File too large\); raise/),
      "\(other)")
    let files = try FileManager.default.contentsOfDirectory(
      atPath: workspace.path + "/run/checkpoints")
    #expect(!files.contains { $0.hasSuffix(".tmp") })
  }

  @Test("Runs that start in the same second, and nobody named, have folders of their own")
  func sameSecond() throws {
    let result = try workspace.shell(
      "for i in 1 2 3 4; do \"$@\" & jobs+=($!); done; for job in ${jobs[@]}; do wait $job || exit; done",
      ["--max-steps", "1", "--set", "model.hidden=256"])
    #expect(result.status == 0, "\(result)")
    let runs = try FileManager.default.contentsOfDirectory(atPath: workspace.path + "/runs")
    #expect(runs.count == 4)
    for run in runs { #expect(try workspace.checkpointSteps("runs/" + run) == [1]) }
  }
}
