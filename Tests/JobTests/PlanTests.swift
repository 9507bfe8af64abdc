import Experiments
import Foundation
import Testing
import TestSupport

/// `lockstep plan` from what `lockstep bench` wrote.
@Suite("The plan of a training")
struct PlanTests {
  @Test(
    "From a benchmark of this machine and a description it predicts steps, and says why they end")
  func plan() throws {
    let workspace = try Workspace()
    let options = ["--config", workspace.path + "/tiny.yaml", "--set", "train.batch=32"]
    let bench = workspace.path + "/bench.json"
    let measured = try workspace.lockstep(
      ["bench"] + options + ["--steps", "30", "--warmup", "3", "--json", bench])
    #expect(measured.succeeded, "\(measured)")
    try workspace.write(
      "cluster.json",
      """
      {
        "hosts": 2, "ranksPerHost": 2, "threadsPerRank": 1,
        "link": {"latencySeconds": 3e-5, "bytesPerSecond": 1.1e8}
      }
      """)
    let files = ["--bench", bench, "--cluster", workspace.path + "/cluster.json"]
    let page = workspace.path + "/plan.html"
    let table = try workspace.lockstep(["plan"] + options + files + ["--html", page])
    #expect(table.succeeded && table.standardError.isEmpty, "\(table)")
    #expect(table.standardOutput.split(separator: "\n").allSatisfy { $0.count < 80 }, "\(table)")
    #expect(try String(contentsOfFile: page, encoding: .utf8).contains("</svg>"))
    let json = try workspace.lockstep(["plan"] + options + files + ["--json", "-"])
    #expect(json.succeeded && json.standardError.isEmpty, "\(json)")
    let report = try JSONDecoder().decode(PlanReport.self, from: Data(json.standardOutput.utf8))
    #expect(report.strong.steps.map(\.hosts) == [1, 2, 4, 8, 16])
    #expect(report.weak.steps.last?.hosts == 4096)
    #expect(report.strong.steps.allSatisfy { $0.milliseconds > 0 })
    // On a busy machine the steps take longer than their parts, and not by a factor of ten.
    #expect(
      (0.1...10).contains(report.simulatedMilliseconds / report.measuredMilliseconds), "\(json)")

    for (arguments, status, words) in [
      (["--most-hosts", "0"], 64, "--most-hosts is 0"), (["--html", ""], 64, "--html is empty"),
      (["--bench", ""], 64, "--bench is empty"),
      (["--bench", workspace.path + "/none"], 78, workspace.path + "/none: cannot open it"),
      (["--json", workspace.path + "/none/plan.json"], 78, "/none/plan.json"),
      (["--set", "model.hidden=9"], 78, "the model that was measured"),
      (["--set", "model.hiden=9"], 64, "model.hidden"),
    ] as [([String], Int32, String)] {
      let result = try workspace.lockstep(["plan"] + options + files + arguments)
      #expect(result.status == status && result.standardError.contains(words), "\(result)")
    }
  }
}
