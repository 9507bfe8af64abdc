import Foundation
import Testing
import TestSupport

/// `lockstep bench`: what it says, not how fast this machine is.
@Suite("The benchmark")
struct BenchmarkTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private func bench(ranks: Int?, _ arguments: [String]) throws -> JobResult {
    let all = ["bench", "--config", workspace.path + "/tiny.yaml"] + arguments
    guard let ranks else { return try workspace.lockstep(all) }
    return try runJob(ranks: ranks, executable: Workspace.lockstep, arguments: all, timeout: 60)
  }

  /// A figure of the report, by its path of keys.
  private func number(_ report: Any?, _ path: String) -> Double? {
    path.split(separator: ".").reduce(report) { ($0 as? [String: Any])?[String($1)] } as? Double
  }

  @Test("A place where no file can be is said before anything is measured, as wrong input")
  func noFile() throws {
    for place in [workspace.path, workspace.path + "/tiny.yaml/x", workspace.path + "/none/x"] {
      let result = try bench(ranks: nil, ["--json", place, "--steps", "100000000"])
      #expect(result.status == 78 && result.standardError.contains(place), "\(result)")
    }
  }

  @Test(
    "As JSON it is one object with all figures, whose parts add up",
    arguments: [(nil, 1), (nil, 2), (2, 1), (3, 2)] as [(Int?, Int)])
  func json(ranks: Int?, threads: Int) throws {
    // More steps than an epoch of 21 has.
    let result = try bench(
      ranks: ranks,
      [
        "--steps", "60", "--warmup", "3", "--json", "-", "--set", "train.threads=\(threads)",
        // Steps of some milliseconds: what a busy machine does between two of them is little beside
        // that.
        "--set", "model.hidden=96", "--set", "train.batch=64",
      ])
    #expect(result.succeeded, "\(result)")
    let report = try JSONSerialization.jsonObject(with: Data(result.standardOutput.utf8))
    let positive =
      [
        "steps", "warmup", "blocks", "machine.hosts", "machine.ranks", "machine.threads",
        "machine.cores", "experiment.layers", "experiment.hidden", "experiment.timeSteps",
        "experiment.inputSize", "experiment.classes", "experiment.parameters",
        "experiment.batch", "experiment.shards", "peak.gigaflops", "peak.gigaflopsPerCore.fp32",
        "peak.operationsPerSample", "peak.usedGigaflops", "peak.percent",
        "evaluation.samplesPerSecond", "startSeconds", "peakMemoryMebibytes",
      ]
      + ["samplesPerSecond", "millisecondsPerStep"].flatMap { name in
        ["median", "min", "max"].map { "\(name).\($0)" }
      }
    for path in positive {
      #expect(number(report, path) ?? 0 > 0, "\(path) in \(result)")
    }
    #expect(number(report, "machine.ranks") == Double(ranks ?? 1))
    #expect(number(report, "blocks") == 2)
    #expect(number(report, "evaluation.samples") == Double(Workspace.testCount))
    #expect(number(report, "peak.percent") ?? 100 < 100, "\(result)")

    let phases = [
      "gather", "forward", "backwardThroughTime", "weightGradients", "otherComputation",
      "waitingForThreads", "reduction", "waitingForRanks", "optimizer", "other",
    ]
    let split = try phases.map { try #require(number(report, "split.\($0).milliseconds")) }
    let percent = try phases.map { try #require(number(report, "split.\($0).percent")) }
    #expect(split.allSatisfy { $0 >= 0 }, "\(result)")
    #expect(abs(percent.reduce(0, +) - 100) < 0.01, "\(result)")
    // The parts are a mean over all steps, and so is the mean of the two blocks.
    let step = try #require(number(report, "millisecondsPerStep.median"))
    #expect(abs(split.reduce(0, +) / step - 1) < 0.1, "\(split), \(result)")

    let communication = (report as? [String: Any])?["communication"] as? [String: Any]
    #expect((communication != nil) == (ranks != nil), "\(result)")
    guard let communication else { return }
    let timings = try #require(communication["allReduce"] as? [[String: Any]])
    #expect(timings.count == 3)
    for timing in timings {
      for key in ["bytes", "microseconds", "gigabytesPerSecond"] {
        #expect(number(timing, key) ?? 0 > 0, "\(result)")
      }
    }
    #expect(number(communication, "exposedMilliseconds") ?? 0 > 0)
    // Within a host the reduction is behind the computation, and nothing hides it.
    #expect(number(communication, "hiddenMilliseconds") == 0)
  }

  @Test("The table is narrow, and nothing is written but the file that was asked for")
  func table() throws {
    let before = try FileManager.default.subpathsOfDirectory(atPath: workspace.path)
    let file = workspace.path + "/bench.json"
    let result = try bench(ranks: 2, ["--steps", "5", "--warmup", "0", "--json", file])
    #expect(result.succeeded && result.standardError.isEmpty, "\(result)")
    let lines = result.standardOutput.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count < 80 }, "\(result)")
    for start in ["Measured on", "Speed", "Share of the peak", "A step", "MPI_Allreduce"] {
      #expect(lines.contains { $0.hasPrefix(start) }, "\(start) in \(result)")
    }
    let report = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: file)))
    #expect(number(report, "steps") == 5)
    let after = try FileManager.default.subpathsOfDirectory(atPath: workspace.path)
    #expect(Set(after).subtracting(before) == ["bench.json"])
  }

  @Test(
    "A mistake is said once, with the status of its kind",
    arguments: [
      (["--steps", "0"], 64, "--steps is 0"),
      (["--warmup=-1"], 64, "--warmup is -1"),
      (["--json", ""], 64, "--json is empty"),
      (["--frobnicate"], 64, "--frobnicate"),
      (["--set", "train.bacth=3"], 64, "train.batch"),
      (["--set", "data.directory=HERE/missing"], 78, "HERE/missing"),
      (["--steps", "1", "--json", "HERE/missing/file"], 78, "HERE/missing/file"),
    ] as [([String], Int32, String)])
  func mistake(arguments: [String], status: Int32, message: String) throws {
    func here(_ text: String) -> String { text.replacing("HERE", with: workspace.path) }
    for ranks in [nil, 2] {
      let result = try bench(ranks: ranks, arguments.map(here))
      #expect(result.status == status, "\(result)")
      #expect(result.standardError.contains(here(message)), "\(result)")
      let said =
        result.standardError.components(separatedBy: "lockstep: ").count
        + result.standardError.components(separatedBy: "Error: ").count - 2
      #expect(said == 1, "\(result)")
    }
  }
}
