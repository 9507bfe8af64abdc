import Foundation
import Testing
import TestSupport

/// Input that does not fit: sentences that say what does not fit what.
@Suite("Input of the program")
struct InputTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  @Test("A key's option that is wrong is named as it was typed, with the status of options")
  func typedOptions() throws {
    for (arguments, message) in [
      (["--epochs", "abc"], "lockstep: --epochs abc: train.epochs is 'abc'"),
      (["--batch", "3"], "lockstep: --batch 3: train.batch is 3"),
      (["--seed", "x"], "lockstep: --seed x: train.seed is 'x'"),
      (["--epochs", "-1"], "lockstep: --epochs -1: train.epochs is -1; expected"),
      (["--max-steps", "-3"], "--max-steps is -3; expected at least 1"),
      (["--set", "model.layers=99"], "model.layers is 99; expected from 1 to 64"),
    ] {
      let result = try workspace.train(ranks: nil, output: "run", arguments)
      #expect(result.status == 64 && result.standardError.contains(message), "\(result)")
    }
  }

  @Test("An option that does not exist is named before one that is missing")
  func unknownOption() throws {
    for command in [["train"], ["train", "--check", "2"], ["bench"]] {
      let unknown = try workspace.lockstep(command + ["--epoch", "3"])
      #expect(unknown.status == 64 && unknown.standardError.contains("--epoch'"), "\(unknown)")
      let missing = try workspace.lockstep(command)
      #expect(missing.status == 64, "\(missing)")
      #expect(missing.standardError.contains("--config is missing"), "\(missing)")
    }
  }

  @Test("A rank with another build of the program is named, and none trains")
  func otherProgram() throws {
    let program = try workspace.script(
      "either",
      """
      #!/bin/sh
      [ "\(Mpirun.rank)" = 2 ] || exec "\(Workspace.lockstep)" "$@"
      cp "\(Workspace.lockstep)" "\(workspace.path)/other" && echo >>"\(workspace.path)/other"
      exec "\(workspace.path)/other" "$@"
      """)
    let result = try runJob(
      ranks: 3, executable: program,
      arguments: [
        "train", "--config", workspace.path + "/tiny.yaml", "--output", workspace.path + "/run",
      ])
    #expect(result.status == 78, "\(result)")
    #expect(result.standardError.contains("has another program than rank 0"), "\(result)")
    #expect(result.standardError.contains("lockstep: rank 2 on "), "\(result)")
  }

  @Test("A ~ in a path is the home folder, where no shell has put it there")
  func home() throws {
    let result = try run(
      Workspace.lockstep,
      [
        "train", "--config=~/tiny.yaml", "--output=~/run", "--set", "data.directory=~/data",
        "--max-steps", "1",
      ], environment: ["HOME": workspace.path], timeout: 60)
    #expect(result.succeeded, "\(result)")
    #expect(try workspace.metrics("run").count == 2)
    let evaluated = try run(
      Workspace.lockstep,
      ["evaluate", "--checkpoint=~/run/checkpoints/step-00000001.safetensors", "--data=~/data"],
      environment: ["HOME": workspace.path], timeout: 60)
    #expect(evaluated.succeeded, "\(evaluated)")
  }

  @Test("A folder without test images is told how to name another")
  func noData() throws {
    try workspace.train(ranks: nil, output: "run", ["--max-steps", "1"])
    for command in [["evaluate"], ["predict", "--index", "0"]] {
      let result = try workspace.lockstep(
        command + [
          "--checkpoint", workspace.checkpoint("run", step: 1), "--data", workspace.path + "/none",
        ])
      #expect(result.status == 78, "\(result)")
      #expect(result.standardError.contains("with --data"), "\(result)")
      #expect(!result.standardError.contains("data.directory"), "\(result)")
    }
  }

  @Test("A checkpoint for other images or labels is told so")
  func otherData() throws {
    try workspace.train(ranks: nil, output: "run", ["--max-steps", "1"])
    let folder = workspace.path + "/other"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    func evaluate(height: UInt8, label: UInt8) throws -> String {
      let images =
        [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, height, 0, 0, 0, 5]
        + [UInt8](repeating: 9, count: Int(height) * 5)
      try Data(images).write(to: URL(filePath: folder + "/t10k-images-idx3-ubyte"))
      try Data([0, 0, 8, 1, 0, 0, 0, 1, label]).write(
        to: URL(filePath: folder + "/t10k-labels-idx1-ubyte"))
      let result = try workspace.lockstep(
        ["evaluate", "--checkpoint", workspace.checkpoint("run", step: 1), "--data", folder])
      #expect(result.status == 78, "\(result)")
      return result.standardError
    }
    let images = try evaluate(height: 7, label: 9)
    #expect(
      images.contains("has test images of 7 x 5 pixels, and the checkpoint is for images of 6 x 5"))
    let labels = try evaluate(height: 6, label: 9)
    #expect(labels.contains("label 9 at index 0, and the checkpoint is for 4 classes"), "\(labels)")
    for sentence in [images, labels] {
      #expect(sentence.contains("--data") && !sentence.contains("repair"), "\(sentence)")
    }
  }

  @Test("An image that there is none of is an option that is wrong; a text is no safetensors file")
  func smallThings() throws {
    try workspace.train(ranks: nil, output: "run", ["--max-steps", "1"])
    let predicted = try workspace.lockstep(
      ["predict", "--checkpoint", workspace.checkpoint("run", step: 1), "--index", "0", "61"])
    #expect(predicted.status == 64 && predicted.standardOutput.isEmpty, "\(predicted)")
    #expect(predicted.standardError.contains("--index is 61"), "\(predicted)")
    #expect(predicted.standardError.contains("from 0 to 60"), "\(predicted)")
    let inspected = try workspace.lockstep(["inspect", workspace.path + "/tiny.yaml"])
    #expect(inspected.status == 78, "\(inspected)")
    #expect(inspected.standardError.contains("it is no safetensors file"), "\(inspected)")
  }

  @Test("Settings without effect are warned of once, whatever the number of ranks")
  func vainSettings() throws {
    let result = try workspace.train(
      ranks: 3, output: "run",
      [
        "--set", "schedule.warmupSteps=1000", "--set", "train.threads=9", "--max-steps", "1",
        "--set", "model.layers=1", "--set", "model.hidden=1",
      ])
    #expect(result.succeeded, "\(result)")
    for text in ["warning: schedule.warmupSteps is 1000", "of 9 threads"] {
      #expect(result.standardError.components(separatedBy: text).count == 2, "\(text): \(result)")
    }
    #expect(result.standardError.contains("LSTM of 1 layer of 1 unit,"), "\(result)")
  }

  /// True if this machine lets a test mount a small file system of its own.
  private static let canMount: Bool =
    (try? run(
      "/usr/bin/unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], timeout: 10))?
    .succeeded ?? false

  @Test(
    "A disk that is full at the start is said in the system's words",
    .enabled(if: canMount, "this machine allows no mounts"))
  func fullDisk() throws {
    let mount = workspace.path + "/small"
    try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: true)
    let result = try run(
      "/usr/bin/unshare",
      [
        "--mount", "/bin/sh", "-c",
        "mount -t tmpfs -o size=4k tmpfs \"$1\" && shift && exec \"$@\"",
        "sh", mount, Workspace.lockstep, "train", "--config", workspace.path + "/tiny.yaml",
        "--output", mount + "/run",
      ], timeout: 60)
    #expect(result.status == 1, "\(result)")
    #expect(result.standardError.contains("No space left on device"), "\(result)")
    #expect(result.standardError.contains("free some space"), "\(result)")
  }
}
