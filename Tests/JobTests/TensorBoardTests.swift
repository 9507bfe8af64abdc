import Foundation
import TestSupport
import Testing

/// The places that a run reports to.
@Suite("log.to")
struct TensorBoardTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private func train(_ output: String, _ targets: String, _ arguments: [String]) throws -> JobResult
  {
    try workspace.train(ranks: 2, output: output, arguments + ["--set", "log.to=\(targets)"])
  }

  private func names(_ output: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(workspace.path)/\(output)").sorted()
  }

  @Test(
    "TensorBoard reads every scalar of a run that was continued twice, each once",
    .enabled(if: python != nil, "needs Python with tensorboard, as launch/test installs it"))
  func scalars() throws {
    // An epoch has 21 steps. One part ends within an epoch, and one with it, before more are wanted.
    let all = "[metrics,tensorboard]"
    for arguments in [["--max-steps", "33"], ["--max-steps", "42", "--resume"], ["--resume"]] {
      let result = try train("run", all, arguments)
      #expect(result.succeeded, "\(result)")
    }
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "compare_events.py").path
    let classes = #"["north-west", "north-east", "south-west", "south-east"]"#
    let result = try run(
      #require(python), [script, "\(workspace.path)/run", classes], timeout: 120)
    #expect(result.succeeded, "\(result)")
    let lines = result.standardOutput.split(separator: "\n").map(String.init)
    // Of the first layer's four gates of eight units: 4 · 8 · 5 weights.
    for group in ["gradients", "parameters"] {
      #expect(
        lines.contains("\(group)/lstm.weight_ih_l0 [(21, 160), (42, 160), (63, 160)]"),
        "\(result.standardOutput)")
    }
    for step in [21, 42, 63] {
      #expect(lines.contains("test/confusion_matrix \(step) PNG 188 188"))
    }
    let head = "| sample | true class | predicted | probability |"
    #expect(lines.contains("test/mistakes_table 21 \(head)"))
    #expect(lines.contains { $0.hasPrefix("test/mistakes 21 PNG 448 ") })
    #expect(lines.contains("configuration 42 ```yaml"))
    #expect(lines.contains("hparams True"))
  }

  @Test("A run has the files that it is to have, and says nothing without console")
  func targets() throws {
    let plain = try train("plain", "[console, metrics]", ["--epochs", "1"])
    let quiet = try train("quiet", "tensorboard", ["--epochs", "1"])
    #expect(plain.succeeded && quiet.succeeded, "\(plain) \(quiet)")
    #expect(plain.standardOutput.contains("Accuracy of the model"))
    #expect(quiet.standardOutput.isEmpty && quiet.standardError.isEmpty, "\(quiet)")
    #expect(try names("plain").contains("metrics.jsonl"))
    #expect(try !names("plain").contains { $0.contains("tfevents") })
    #expect(try !names("quiet").contains("metrics.jsonl"))
    #expect(try names("quiet").filter { $0.contains("tfevents") }.count == 1)
    func best(_ output: String) throws -> [UInt8] {
      Array(
        try Data(contentsOf: URL(filePath: "\(workspace.path)/\(output)/best.safetensors")).suffix(
          4096))
    }
    #expect(try best("plain") == best("quiet"))
  }

  @Test("Events that cannot be written are a warning, and the run goes on")
  func failure() throws {
    try FileManager.default.createDirectory(
      atPath: "\(workspace.path)/run/events.out.tfevents.1.h.1.lockstep",
      withIntermediateDirectories: true)
    let result = try train("run", "[console,metrics,tensorboard]", ["--epochs", "1"])
    #expect(result.succeeded, "\(result)")
    #expect(result.standardError.contains("training goes on without TensorBoard's events"))
    #expect(result.standardOutput.contains("Accuracy of the model"))
  }
}
