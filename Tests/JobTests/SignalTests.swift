import Foundation
import Testing
import TestSupport

/// Signals that end a job, and ranks that hang.
@Suite("Signals")
struct SignalTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  /// Runs an endless job in which rank 1 does `deeds` to itself once it trains: a shell's background
  /// command that knows the rank as $$.
  private func job(_ deeds: String, _ settings: [String] = []) throws -> JobResult {
    let metrics = workspace.path + "/run/metrics.jsonl"
    let script = """
      cd \(workspace.path)
      echo $$ >rank\(Mpirun.rank)
      if [ "\(Mpirun.rank)" = 1 ]; then
        (until [ -s \(metrics) ]; do sleep 0.05; kill -0 $$ || exit; done; sleep 0.5; \(deeds)) &
      fi
      exec "$@"
      """
    return try runJob(
      ranks: 3, executable: "/bin/sh",
      arguments: [
        "-c", script, "sh", Workspace.lockstep, "train", "--config", workspace.path + "/tiny.yaml",
        "--output", workspace.path + "/run", "--epochs", "1000000",
      ] + settings.flatMap { ["--set", $0] }, timeout: 90)
  }

  @Test(
    "A signal at any rank ends the job after the same step, with a checkpoint to resume from",
    arguments: ["TERM", "INT", "USR1"])
  func signals(_ signal: String) throws {
    let result = try job("kill -\(signal) $$")
    #expect(result.status == 75 && !result.timedOut, "\(result)")
    let message = try #require(
      result.standardError.firstMatch(of: /lockstep: interrupted after step (\d+),/), "\(result)")
    let step = try #require(Int(message.1))
    #expect(try workspace.checkpointSteps("run").last == step)

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
      if [ "\(Mpirun.rank)" = 0 ]; then
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
        command == "compare" ? "interrupted; compare the same" : "interrupted before there was"),
      "\(result)")
    #expect(!FileManager.default.fileExists(atPath: workspace.path + "/run"))
  }

  @Test("A second signal ends a rank at once, though it waits for another")
  func secondSignal() throws {
    let result = try job(
      "rank=$$; kill -STOP $(cat rank0); while kill -TERM $rank; do sleep 1.1; done")
    // MPICH's launcher has the status of that rank, or of one that it kills then.
    #expect(
      Mpirun.isOpenMPI ? result.status == 128 + SIGTERM : [1, SIGKILL].contains(result.status),
      "\(result)")
    #expect(
      !result.timedOut && result.standardError.contains("lockstep: ended by the second signal"),
      "\(result)")
  }

  @Test("A signal at the last step of an epoch loses no evaluation")
  func signalAtEpochEnd() throws {
    // With one step an epoch, every step is the last of one.
    let result = try job("kill -TERM $$", ["train.batch=203"])
    #expect(result.status == 75, "\(result)")
    let resumed = try workspace.train(
      ranks: 2, output: "run",
      ["--resume", "--epochs", "1000000", "--batch", "203", "--max-steps"]
        + ["\((try workspace.checkpointSteps("run").last ?? 0) + 2)"])
    #expect(resumed.succeeded, "\(resumed)")
    let metrics = try workspace.metrics("run")
    let steps = metrics.filter { $0["type"] == "step" }.compactMap { $0["step"] }
    let evaluations = metrics.filter { $0["type"] == "evaluation" }.compactMap { $0["step"] }
    #expect(!steps.isEmpty && steps == evaluations)
  }

  @Test("A rank that hangs is named, and the job ends")
  func hangingRank() throws {
    let result = try job(
      "kill -STOP $$", ["train.stallSeconds=2", "train.stallAbortSeconds=6"])
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
      "kill -STOP $$; sleep 7; kill -CONT $$; sleep 2; kill -TERM $$",
      ["train.stallSeconds=2", "train.stallAbortSeconds=40"])
    #expect(result.status == 75, "\(result)")
    #expect(result.standardError.contains("did not come to step"), "\(result)")
    #expect(result.standardError.contains("going on"), "\(result)")
    #expect(result.standardError.contains("interrupted after step"), "\(result)")
  }
}
