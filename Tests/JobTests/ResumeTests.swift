import Foundation
import Testing
import TestSupport

/// `--resume` continues the run that a folder holds, or says why not and leaves the folder alone.
@Suite("Resuming")
struct ResumeTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  /// The bytes of every file of a run by its path.
  private func contents(_ output: String) throws -> [String: Data] {
    let folder = workspace.path + "/" + output
    var contents: [String: Data] = [:]
    for name in FileManager.default.enumerator(atPath: folder)?.compactMap({ $0 as? String }) ?? []
    {
      contents[name] = FileManager.default.contents(atPath: folder + "/" + name)
    }
    return contents
  }

  /// Trains without `--config`.
  private func resume(_ output: String, _ arguments: [String]) throws -> JobResult {
    try workspace.lockstep(["train", "--output", workspace.path + "/" + output] + arguments)
  }

  private func cut(_ path: String) throws {
    try FileHandle(forWritingTo: URL(filePath: path)).truncate(atOffset: 100)
  }

  @Test("A folder without a run is not one to continue, and is not made")
  func mistyped() throws {
    let result = try workspace.train(ranks: 2, output: "typo", ["--resume"])
    #expect(result.status == 78, "\(result)")
    #expect(result.standardError.contains("there is no run in \(workspace.path)/typo"), "\(result)")
    let nameless = try resume("typo", ["--resume=if-any"])
    #expect(nameless.status == 78, "\(nameless)")
    #expect(
      nameless.standardError.contains("/typo to continue; name the experiment"), "\(nameless)")
    #expect(!FileManager.default.fileExists(atPath: workspace.path + "/typo"))
  }

  @Test("A run whose checkpoints are all damaged is refused and left as it is")
  func allDamaged() throws {
    try workspace.train(ranks: nil, output: "run", ["--max-steps", "25"])
    for path in [
      workspace.checkpoint("run", step: 21), workspace.checkpoint("run", step: 25),
      workspace.path + "/run/best.safetensors",
    ] { try cut(path) }
    let before = try contents("run")
    for flag in ["--resume", "--resume=if-any"] {
      let result = try workspace.train(ranks: nil, output: "run", [flag])
      #expect(result.status == 78, "\(result)")
      #expect(result.standardError.contains("holds 3 checkpoints, and none that"), "\(result)")
      #expect(!result.standardError.contains("older checkpoint"), "advice that is no use here")
      #expect(try contents("run") == before)
    }
    // Whole, but of another program: a length of 2, and no tensor.
    for path in [workspace.checkpoint("run", step: 21), workspace.checkpoint("run", step: 25)] {
      try FileManager.default.removeItem(atPath: path)
    }
    try Data([2, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8)).write(
      to: URL(filePath: workspace.path + "/run/best.safetensors"))
    let foreign = try resume("run", ["--resume"])
    #expect(foreign.status == 78, "\(foreign)")
    #expect(
      foreign.standardError.contains(
        /lockstep: .* holds 1 checkpoint, and none that can be continued: .*lacks 'format/),
      "\(foreign)")
  }

  @Test("A run that another process writes to is not even read")
  func locked() throws {
    try workspace.train(ranks: nil, output: "run", ["--max-steps", "1"])
    try cut(workspace.checkpoint("run", step: 1))
    try? FileManager.default.removeItem(atPath: workspace.path + "/run/best.safetensors")
    let result = try run(
      "/usr/bin/env",
      [
        "flock", workspace.path + "/run", Workspace.lockstep, "train", "--output",
        workspace.path + "/run", "--resume",
      ], timeout: 60)
    #expect(result.status == 78 && result.standardError.contains("another process"), "\(result)")
    #expect(!result.standardError.contains("passing over"), "\(result)")
  }

  @Test("A run goes on from another folder, with the configuration of its checkpoint if need be")
  func otherFolder() throws {
    let output = workspace.path + "/run"
    let begun = try run(
      "/bin/sh",
      [
        "-c", "cd \"$0\"; exec \"$@\"", workspace.path, Workspace.lockstep, "train", "--config",
        "tiny.yaml", "--set", "data.directory=data", "--set", "model.hidden=9", "--output", "run",
        "--max-steps", "2",
      ], timeout: 60)
    #expect(begun.succeeded, "\(begun)")
    let evaluated = try workspace.lockstep([
      "evaluate", "--checkpoint", workspace.checkpoint("run", step: 2),
    ])
    #expect(evaluated.succeeded, "\(evaluated)")
    try workspace.train(
      ranks: nil, output: "undisturbed", ["--set", "model.hidden=9", "--max-steps", "5"])
    for step in 3...4 {
      let resumed = try resume("run", ["--resume", "--max-steps", "\(step)"])
      #expect(resumed.succeeded, "\(resumed)")
      try FileManager.default.removeItem(atPath: output + "/configuration.yaml")
    }
    let launched = try run(
      LaunchTests.checkout + "/launch/train",
      [
        "-np", "1", "--program", Workspace.lockstep, "--output", output, "--resume", "--max-steps",
        "5",
      ], timeout: 60)
    #expect(launched.succeeded, "\(launched)")
    #expect(
      try workspace.parameters("run", step: 5) == workspace.parameters("undisturbed", step: 5))
  }

  @Test("A run that left nothing but best.safetensors goes on from there to the same end")
  func bestAlone() throws {
    try workspace.train(ranks: nil, output: "undisturbed")
    try workspace.train(ranks: nil, output: "run", ["--max-steps", "21"])
    try FileManager.default.removeItem(atPath: workspace.checkpoint("run", step: 21))
    let resumed = try resume("run", ["--resume"])
    #expect(resumed.succeeded && resumed.standardError.contains("after step 21"), "\(resumed)")
    #expect(
      try contents("run").filter { $0.key.hasSuffix("safetensors") }
        == contents("undisturbed").filter { $0.key.hasSuffix("safetensors") })
    #expect(try workspace.metrics("run") == workspace.metrics("undisturbed"))
  }

  @Test("A run needs none of its options again to go on to the same end")
  func noOptions() throws {
    let options = [
      "--no-shuffle", "--batch", "12", "--set", "model.hidden=9", "--set",
      "checkpoint.everySteps=10",
    ]
    try workspace.train(ranks: nil, output: "undisturbed", options)
    try workspace.train(ranks: nil, output: "run", options + ["--max-steps", "20"])
    let result = try resume("run", ["--resume", "--set", "train.threads=2"])
    #expect(result.succeeded && result.standardError.contains("after step 20"), "\(result)")
    #expect(
      try workspace.parameters("run", step: 51) == workspace.parameters("undisturbed", step: 51))
    #expect(try workspace.metrics("run") == workspace.metrics("undisturbed"))
    let other = try resume("run", ["--resume", "--set", "model.hidden=8"])
    #expect(other.status == 78, "\(other)")
    #expect(other.standardError.contains("model.hidden 9, and now it is 8"), "\(other)")
  }

  @Test("A run that ended before its first checkpoint begins again only where that is asked for")
  func noCheckpoint() throws {
    try workspace.train(ranks: nil, output: "run", ["--max-steps", "2"])
    try FileManager.default.removeItem(atPath: workspace.path + "/run/checkpoints")
    let before = try contents("run")
    for (arguments, message) in [
      ([], "holds a run already"), (["--resume"], "begin it again with --resume=if-any"),
      (["--resume=if-any", "--batch", "20"], "train.batch 10, and now it is 20"),
    ] {
      let result = try workspace.train(ranks: nil, output: "run", arguments)
      #expect(result.status == 78 && result.standardError.contains(message), "\(result)")
      #expect(try contents("run") == before)
    }
    let again = try resume("run", ["--resume=if-any", "--max-steps", "2"])
    #expect(again.succeeded, "\(again)")
  }

  @Test("--resume=if-any begins a run, from initial parameters too, and goes on with it")
  func ifAny() throws {
    try workspace.train(ranks: nil, output: "other", ["--max-steps", "1", "--seed", "9"])
    let arguments = ["--resume=if-any", "--init", workspace.checkpoint("other", step: 1)]
    let first = try workspace.train(
      ranks: 2, output: "run", arguments + ["--max-steps", "2"])
    #expect(first.succeeded && !first.standardError.contains("resuming"), "\(first)")
    let second = try workspace.train(
      ranks: 2, output: "run", arguments + ["--max-steps", "3"])
    #expect(second.succeeded && second.standardError.contains("after step 2"), "\(second)")
    let both = try workspace.train(
      ranks: nil, output: "run", ["--resume", "--init", workspace.checkpoint("other", step: 1)])
    #expect(both.status == 64 && both.standardError.contains("--init"), "\(both)")
  }

  @Test("A wrong word, and too few words to find a run, are wrong options")
  func wrongWords() throws {
    let word = try resume("run", ["--resume=always"])
    #expect(word.status == 64 && word.standardError.contains("--resume is always"), "\(word)")
    let folder = try workspace.lockstep(["train", "--resume"])
    #expect(folder.status == 64 && folder.standardError.contains("--output"), "\(folder)")
    let config = try resume("run", [])
    #expect(config.status == 64 && config.standardError.contains("--config"), "\(config)")
  }
}
