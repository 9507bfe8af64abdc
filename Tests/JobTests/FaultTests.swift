import Foundation
import Testing
import TestSupport

/// Signals, hanging ranks, defects of memory, full disks and damaged checkpoints.
@Suite("Faults")
struct FaultTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  /// Runs an endless job in which rank 1 does `deeds` to itself: a shell's background command that
  /// knows the rank as $$.
  private func job(_ deeds: String, _ settings: [String] = []) throws -> JobResult {
    let script = "if [ \"$OMPI_COMM_WORLD_RANK\" = 1 ]; then (\(deeds)) & fi; exec \"$@\""
    return try runJob(
      ranks: 3, executable: "/bin/sh",
      arguments: [
        "-c", script, "sh", Workspace.lockstep, "train", "--config", workspace.path + "/tiny.yaml",
        "--output", workspace.path + "/run", "--epochs", "1000000",
      ] + settings.flatMap { ["--set", $0] }, timeout: 90)
  }

  private func checkpointSteps(_ output: String) throws -> [Int] {
    try FileManager.default.contentsOfDirectory(atPath: workspace.path + "/\(output)/checkpoints")
      .compactMap { Int($0.dropFirst(5).prefix(8)) }.sorted()
  }

  @Test(
    "A signal at any rank ends the job after the same step, with a checkpoint to resume from",
    arguments: ["TERM", "INT", "USR1"])
  func signals(_ signal: String) throws {
    let result = try job("sleep 3; kill -\(signal) $$")
    #expect(result.status == 75 && !result.timedOut, "\(result)")
    let message = try #require(
      result.standardError.firstMatch(of: /lockstep: interrupted after step (\d+),/), "\(result)")
    let step = try #require(Int(message.1))
    #expect(try checkpointSteps("run").last == step)

    try workspace.train(
      ranks: nil, output: "undisturbed", ["--epochs", "1000000", "--max-steps", "\(step)"])
    #expect(
      try workspace.parameters("run", step: step) == workspace.parameters("undisturbed", step: step)
    )
    let resumed = try workspace.train(
      ranks: 4, output: "run", ["--resume", "--epochs", "1000000", "--max-steps", "\(step + 10)"])
    #expect(resumed.succeeded, "\(resumed)")
    let steps = try workspace.metrics("run").filter { $0["type"] == "step" }.compactMap {
      $0["step"]
    }
    #expect(steps == (1...step + 10).map(String.init))
  }

  @Test(
    "A signal in an evaluation ends the job there, and the resumed run does what it left undone",
    arguments: ["root", "all"])
  func signalInEvaluation(_ ranks: String) throws {
    // Rank 1 waits for rank 0 that evaluates, or evaluates with it.
    let workspace = try Workspace(testCount: 6000)
    let options = [
      "--epochs", "1", "--set", "model.hidden=192", "--set", "evaluation.ranks=\(ranks)",
    ]
    let safe = workspace.checkpoint("run", step: 21)
    // Rank 0 is stopped until the signal is on its way, lest it be done before.
    let script = """
      if [ "$OMPI_COMM_WORLD_RANK" = 0 ]; then
        echo $$ >\(workspace.path)/rank0
      else
        (until [ -e \(safe) ]; do sleep 0.01; done; read rank0 <\(workspace.path)/rank0
        kill -STOP $rank0; kill -TERM $$; sleep 1; kill -CONT $rank0) &
      fi
      exec "$@"
      """
    let result = try runJob(
      ranks: 2, executable: "/bin/sh",
      arguments: [
        "-c", script, "sh", Workspace.lockstep, "train", "--config", workspace.path + "/tiny.yaml",
        "--output", workspace.path + "/run",
      ] + options, timeout: 60)
    #expect(result.status == 75 && !result.timedOut, "\(result)")
    #expect(result.standardError.contains("lockstep: interrupted after step 21,"), "\(result)")
    #expect(try workspace.metrics("run").allSatisfy { $0["type"] == "step" })
    #expect(!FileManager.default.fileExists(atPath: workspace.path + "/run/best.safetensors"))

    let resumed = try workspace.train(ranks: nil, output: "run", ["--resume"] + options)
    #expect(resumed.succeeded, "\(resumed)")
    try workspace.train(ranks: nil, output: "undisturbed", options)
    #expect(try workspace.metrics("run") == workspace.metrics("undisturbed"))
    for file in ["checkpoints/step-00000021.safetensors", "best.safetensors"] {
      let files = try ["run", "undisturbed"].map {
        try Data(contentsOf: URL(filePath: "\(workspace.path)/\($0)/\(file)"))
      }
      #expect(files[0] == files[1], "\(file)")
    }
  }

  @Test(
    "A signal before the first step ends every command, with nothing written",
    arguments: ["train", "bench", "compare"])
  func earlySignal(_ command: String) throws {
    let files = [workspace.path + "/tiny.yaml", workspace.path + "/other.yaml"]
    try workspace.write(
      "other.yaml",
      Workspace.configuration(data: workspace.path + "/data")
        .replacingOccurrences(of: "hidden: 8", with: "hidden: 9"))
    let arguments =
      switch command {
      case "train": ["--output", workspace.path + "/run", "--config", files[0]]
      case "bench": ["--config", files[0]]
      default: ["--output", workspace.path + "/run", "--set", "train.epochs=1"] + files
      }
    // The signal waits until the program is ready for it.
    let result = try run(
      "/usr/bin/env",
      ["--block-signal=TERM", "/bin/sh", "-c", "kill -TERM $$; exec \"$@\"", "sh"]
        + [Workspace.lockstep, command] + arguments, timeout: 60)
    #expect(result.status == 75, "\(result)")
    #expect(
      result.standardError.contains(
        command == "compare" ? "interrupted; compare the same" : "interrupted before the first"),
      "\(result)")
    #expect(!FileManager.default.fileExists(atPath: workspace.path + "/run"))
  }

  @Test("A signal at the last step of an epoch loses no evaluation")
  func signalAtEpochEnd() throws {
    // With one step an epoch, every step is the last of one.
    let result = try job("sleep 3; kill -TERM $$", ["train.batch=203"])
    #expect(result.status == 75, "\(result)")
    let resumed = try workspace.train(
      ranks: 2, output: "run",
      ["--resume", "--epochs", "1000000", "--batch", "203", "--max-steps"]
        + ["\((try checkpointSteps("run").last ?? 0) + 2)"])
    #expect(resumed.succeeded, "\(resumed)")
    let metrics = try workspace.metrics("run")
    let steps = metrics.filter { $0["type"] == "step" }.compactMap { $0["step"] }
    let evaluations = metrics.filter { $0["type"] == "evaluation" }.compactMap { $0["step"] }
    #expect(!steps.isEmpty && steps == evaluations)
  }

  @Test("A rank that hangs is named, and the job ends")
  func hangingRank() throws {
    let result = try job(
      "sleep 3; kill -STOP $$", ["train.stallSeconds=2", "train.stallAbortSeconds=6"])
    #expect(result.status != 0 && !result.timedOut, "\(result)")
    let missing = result.standardError.matches(
      of: /rank 1 on \S+ did not come to step \d+ in \d+ s/)
    #expect(missing.count == 2, "\(result)")
    #expect(!result.standardError.contains("rank 0 on"), "\(result)")
    #expect(!result.standardError.contains("rank 2 on"), "\(result)")
  }

  @Test("A rank that hangs for a while is named, and the job goes on when it comes back")
  func pausingRank() throws {
    let result = try job(
      "sleep 3; kill -STOP $$; sleep 7; kill -CONT $$; sleep 2; kill -TERM $$",
      ["train.stallSeconds=2", "train.stallAbortSeconds=40"])
    #expect(result.status == 75, "\(result)")
    #expect(result.standardError.contains("did not come to step"), "\(result)")
    #expect(result.standardError.contains("going on"), "\(result)")
    #expect(result.standardError.contains("interrupted after step"), "\(result)")
  }

  @Test("A bus error that somebody sent is none of memory, and ends the process as it would")
  func sentBusError() throws {
    let result = try shell(
      """
      "$@" & job=$!; until [ -s run/metrics.jsonl ]; do sleep 0.02; done
      kill -BUS $job; wait $job
      """, ["--output", "run", "--epochs", "100000"])
    #expect(result.status == 128 + SIGBUS, "\(result)")
    #expect(!result.standardError.contains("memory"), "\(result)")
  }

  @Test("A mapped file that becomes shorter is one of the reasons that are said for a lost page")
  func lostPage() throws {
    // The ranks send each other every gradient through Open MPI's files in this folder.
    let result = try runJob(
      ranks: 2, executable: "/bin/bash",
      arguments: [
        "-c",
        """
        cd '\(workspace.path)'; [ $OMPI_COMM_WORLD_RANK = 1 ] || exec "$@"
        { until [ -s run/metrics.jsonl ]; do sleep 0.02; done; truncate -s 0 shm/vader*; } & exec "$@"
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

  @Test("The newest checkpoints stay, and the one of the best accuracy; a shorter step is kept too")
  func keep() throws {
    let result = try workspace.train(
      ranks: 2, output: "run",
      ["--set", "checkpoint.everySteps=10", "--set", "checkpoint.keep=4", "--epochs", "2"])
    #expect(result.succeeded, "\(result)")
    #expect(try checkpointSteps("run") == [20, 21, 30, 40, 42].suffix(4))
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
    #expect(result.standardError.components(separatedBy: "No space left").count == 2, "\(result)")
    #expect(result.standardOutput.contains("status \(policy == "stop" ? 1 : 0)\n"), "\(result)")
    let whole = result.standardOutput.matches(of: /whole\s/).count
    #expect(whole >= 1, "\(result)")
    #expect(result.standardOutput.hasSuffix("\n0\n"), "\(result)")
    #expect(!result.standardError.contains("damaged"), "\(result)")
  }

  /// Runs the program from a shell that does `deeds` with it as "$@".
  private func shell(_ deeds: String, _ arguments: [String]) throws -> JobResult {
    try run(
      "/bin/bash",
      [
        "-c", "cd '\(workspace.path)'; \(deeds)", "sh", Workspace.lockstep, "train", "--config",
        workspace.path + "/tiny.yaml",
      ] + arguments, timeout: 60)
  }

  @Test(
    "A limit of a file's size is one sentence, and leaves whole lines that a resume goes on from")
  func fileSizeLimit() throws {
    let output = ["--output", "run", "--epochs", "100000"]
    // MPI writes longer files when it starts.
    let limit = """
      "$@" & job=$!; until [ -s run/metrics.jsonl ]; do sleep 0.02; done
      prlimit --fsize=100003 --pid $job; wait $job
      """
    let result = try shell(limit, output)
    #expect(result.status == 1, "\(result)")
    #expect(
      result.standardError.contains("run/metrics.jsonl: cannot write it (File too large); raise"),
      "\(result)")
    #expect(result.standardError.components(separatedBy: "too large").count == 2, "\(result)")
    let bytes = try Data(contentsOf: URL(filePath: workspace.path + "/run/metrics.jsonl"))
    #expect(bytes.count > 90_000 && bytes.last == UInt8(ascii: "\n"))

    let last = try #require(try checkpointSteps("run").last)
    let resumed = try shell("exec \"$@\"", output + ["--resume", "--max-steps", "\(last + 30)"])
    #expect(resumed.succeeded, "\(resumed)")
    let steps = try workspace.metrics("run").filter { $0["type"] == "step" }.compactMap {
      $0["step"]
    }
    #expect(steps == (1...last + 30).map(String.init))

    // Now a checkpoint is longer.
    let other = try shell(
      "rm -r run; " + limit, output + ["--set", "model.hidden=64"])
    #expect(other.status == 1, "\(other)")
    #expect(
      other.standardError.contains(/checkpoints\/step-\d+.safetensors: cannot write it \(File too/),
      "\(other)")
    let files = try FileManager.default.contentsOfDirectory(
      atPath: workspace.path + "/run/checkpoints")
    #expect(!files.contains { $0.hasSuffix(".tmp") })
  }

  @Test(
    "Standard output that takes no lines is an error, after the training",
    arguments: ["/dev/full", "&-"])
  func lostOutput(_ target: String) throws {
    let result = try shell("exec \"$@\" >\(target)", ["--output", "run", "--epochs", "1"])
    #expect(result.status == 1, "\(result)")
    #expect(
      result.standardError.contains("lockstep: standard output: it cannot be written ("),
      "\(result)")
    #expect(try checkpointSteps("run") == [21])
    #expect(try workspace.metrics("run").count == 22)
  }

  @Test("A reader of standard output that went away is no error")
  func closedPipe() throws {
    let result = try shell("set -o pipefail; \"$@\" | true", ["--output", "run", "--epochs", "1"])
    #expect(result.status == 0, "\(result)")
    #expect(try checkpointSteps("run") == [21])
  }

  @Test("Runs that start in the same second, and nobody named, have folders of their own")
  func sameSecond() throws {
    let result = try shell(
      "for i in 1 2 3 4; do \"$@\" & jobs+=($!); done; for job in ${jobs[@]}; do wait $job || exit; done",
      ["--max-steps", "1", "--set", "model.hidden=256"])
    #expect(result.status == 0, "\(result)")
    let runs = try FileManager.default.contentsOfDirectory(atPath: workspace.path + "/runs")
    #expect(runs.count == 4)
    for run in runs { #expect(try checkpointSteps("runs/" + run) == [1]) }
  }
}
