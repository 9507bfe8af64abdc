import Foundation
import TestSupport
import Testing

@Suite("The report")
struct ReportTests {
  private let workspace: Workspace
  private var run: String { workspace.path + "/run" }

  init() throws {
    workspace = try Workspace()
    for arguments in [["--max-steps", "25"], ["--resume"]] {
      let result = try workspace.train(ranks: 2, output: "run", arguments)
      #expect(result.succeeded, "\(result)")
    }
  }

  private func page(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  @Test("A page has the curves, the classes, the mistakes, the ranks and the parts of a run")
  func whole() throws {
    let result = try workspace.lockstep(["report", run + "/"])
    #expect(result.succeeded && result.standardError.contains("the page is"), "\(result)")
    let html = try page(run + "/report.html")
    for text in [
      "Learning curves", "61 test images", "north-west", "data:image/png;base64,iVBOR",
      "expected calibration error", "2 ranks on 1 host", "Starts and interruptions",
      "after step 25",
      "done", "optimizer.learningRate",
    ] {
      #expect(html.contains(text), "\(text)")
    }
    // The figure of the best checkpoint is that of lockstep evaluate.
    let evaluated = try workspace.lockstep(["evaluate", "--checkpoint", run])
    let accuracy = try #require(evaluated.standardOutput.firstMatch(of: /[\d.]+ %/)).output
    #expect(html.contains("accuracy \(accuracy)"))
  }

  @Test("Without the samples the page has the rest, with a warning, and several runs are one page")
  func several() throws {
    let copy = workspace.path + "/copy"
    try FileManager.default.copyItem(atPath: run, toPath: copy)
    try FileManager.default.removeItem(atPath: workspace.path + "/data")
    let path = workspace.path + "/page.html"
    let result = try workspace.lockstep(["report", run, copy, "--output", path])
    #expect(result.succeeded, "\(result)")
    #expect(result.standardError.contains("the page of \(copy) has no figures of classes"))
    let html = try page(path)
    #expect(html.contains("<h1>Runs of Lockstep</h1>") && html.contains("Learning curves"))
    #expect(!html.contains("Calibration"))
    let silent = try workspace.lockstep(["report", run, "--no-evaluation", "--output", path])
    #expect(silent.succeeded && !silent.standardError.contains("warning"), "\(silent)")
  }

  @Test("What is no run, and a page that cannot be written, are errors that say so")
  func mistakes() throws {
    let none = try workspace.lockstep(["report", workspace.path])
    #expect(
      none.status == 78 && none.standardError.contains("has no configuration.yaml"), "\(none)")
    let closed = try workspace.lockstep(["report", run, "--output", "/nowhere/page.html"])
    #expect(closed.status == 78 && closed.standardError.contains("/nowhere"), "\(closed)")
  }
}
