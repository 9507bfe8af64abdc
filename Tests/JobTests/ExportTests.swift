import Foundation
import Safetensors
import TestSupport
import Testing

/// A trained model in the formats of others.
@Suite("Exports")
struct ExportTests {
  private let workspace: Workspace
  private var run: String { workspace.path + "/run" }

  init() throws {
    workspace = try Workspace()
    let trained = try workspace.train(
      ranks: nil, output: "run", ["--epochs", "1", "--set", "data.normalize=standard"])
    #expect(trained.succeeded, "\(trained)")
  }

  private func export(_ arguments: [String]) throws -> JobResult {
    try workspace.lockstep(["export", "--checkpoint", run] + arguments)
  }

  @Test("A state dict has the parameters of the best checkpoint alone, rounded to its type")
  func stateDict() throws {
    let best = try SafetensorsFile(run + "/best.safetensors")
    // Half of the last binary digit, and of the least number.
    for (type, relative, least) in [
      ("f32", Float(0), Float(0)), ("bf16", 0x1p-8, 0), ("f16", 0x1p-11, 0x1p-25),
    ] {
      let path = "\(workspace.path)/\(type).safetensors"
      let result = try export(["--safetensors", path, "--dtype", type])
      #expect(result.succeeded, "\(result)")
      let file = try SafetensorsFile(path)
      let parameters = best.names.filter { name in
        ["lstm.", "fc.", "features."].contains(where: name.hasPrefix)
      }
      #expect(file.names.sorted() == parameters.sorted() && parameters.count == 12)
      #expect(file.metadata["format"] == "pt")
      for name in file.names {
        let (written, expected) = (try file.floats(named: name), try best.floats(named: name))
        #expect(file.entry(named: name)?.dataType.rawValue == type.uppercased())
        #expect(
          zip(written, expected).allSatisfy { abs($0 - $1) <= max(relative * abs($1), least) },
          "\(name)")
      }
    }
    // It is what a training can begin with.
    let again = try workspace.train(
      ranks: nil, output: "again",
      ["--max-steps", "1", "--init", workspace.path + "/f32.safetensors"])
    #expect(again.succeeded, "\(again)")
  }

  @Test("What cannot be exported is refused in a sentence, and nothing is written")
  func refusals() throws {
    let cases: [(arguments: [String], status: Int32, words: String)] = [
      ([], 64, "--onnx or --safetensors"),
      (["--onnx", ""], 64, "--onnx is empty"),
      (["--onnx", "a.onnx", "--dtype", "bf16"], 64, "--dtype is the type of --safetensors"),
      (["--safetensors", "a", "--dtype", "f8"], 64, "--dtype"),
      (["--safetensors", run + "/best.safetensors"], 64, "is the checkpoint itself"),
      (["--onnx", workspace.path + "/nowhere/a.onnx"], 78, "nowhere/a.onnx"),
      (["--onnx", workspace.path], 78, "it is a folder"),
    ]
    for (arguments, status, words) in cases {
      let result = try export(arguments)
      #expect(result.status == status && result.standardError.contains(words), "\(result)")
    }
    let none = try workspace.lockstep(
      ["export", "--checkpoint", workspace.path + "/none", "--onnx", workspace.path + "/a.onnx"])
    #expect(none.status == 78 && none.standardError.contains("none"), "\(none)")
    #expect(!FileManager.default.fileExists(atPath: workspace.path + "/a.onnx"))
  }
}
