import Cluster
import Configuration
import Experiments
import Files
import Foundation
import FoundationXML
import Reports
import Testing
import TestSupport
import Training

/// The plan from its files.
@Suite("The plan")
struct PlanTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// What `lockstep bench` writes, with each part of a slice taking a millisecond a sample.
  private static func benchmark() -> [String: Any] {
    let range = ["median": 30.0, "min": 30, "max": 30]
    func slice(_ rows: Int) -> [String: Any] {
      let time = 1e-3 * Double(rows)
      return [
        "rows": rows, "gather": 0, "forward": time, "linearGradients": 0,
        "throughTime": [time, time],
        "weightGradients": MadeMachine.parameters.buckets.map { _ in 0.0 },
      ]
    }
    return [
      "version": 1,
      "machine": [
        "processors": ["a processor"], "instructionSet": "avx2", "mpi": "Open MPI", "hosts": 1,
        "ranks": 1, "threads": 2, "cores": 2, "precision": "fp32",
      ],
      "experiment": [
        "model": Configuration().model.title, "layers": 2, "hidden": 128, "timeSteps": 28,
        "inputSize": 28, "classes": 10, "parameters": MadeMachine.parameters.parameterCount,
        "batch": 100, "shards": 4, "optimizer": "adam",
      ],
      "steps": 25, "warmup": 1, "blocks": 1, "samplesPerSecond": range,
      "millisecondsPerStep": range, "split": [:],
      "peak": [
        "gigaflopsPerCore": ["fp32": 100], "precision": "fp32", "gigaflops": 200,
        "operationsPerSample": 1, "usedGigaflops": 1, "percent": 1,
      ],
      "evaluation": ["samples": 1, "samplesPerSecond": 1], "peakMemoryMebibytes": 1,
      "profile": [
        "slices": [slice(1), slice(100)], "usualRows": 25, "usualSlice": 0.075, "weightForms": 0,
        "update": 0, "spread": [1, 1],
        "arithmetic": ["fp32": ["addition": 0, "copy": 0], "bf16": ["addition": 0, "copy": 0]],
        "messages": ["send": 0, "receive": 0, "sendByte": 0, "receiveByte": 0],
      ],
    ]
  }

  private static var cluster: [String: Any] {
    [
      "hosts": 3, "ranksPerHost": 1, "threadsPerRank": 1,
      "link": ["latencySeconds": 1e-5, "bytesPerSecond": 1e8],
    ]
  }

  /// The object with another value, or none, at a path of keys.
  private static func changed(
    _ object: [String: Any], _ path: String, to value: Any?
  ) -> [String: Any] {
    var object = object
    let keys = path.split(separator: ".", maxSplits: 1).map(String.init)
    object[keys[0]] =
      keys.count == 1
      ? value : changed(object[keys[0]] as? [String: Any] ?? [:], keys[1], to: value)
    return object
  }

  private func write(_ object: [String: Any], _ name: String) throws -> String {
    try folder.write(Array(JSONSerialization.data(withJSONObject: object)), to: name)
  }

  /// A plan for four shards.
  private func run(
    _ benchmark: [String: Any], _ cluster: [String: Any] = PlanTests.cluster,
    _ configuration: Configuration = Configuration(), mostHosts: Int = 256
  ) throws -> PlanReport {
    var configuration = configuration
    configuration.data.shards = 4
    var options = PlanOptions(
      benchmark: try write(benchmark, "bench.json"), cluster: try write(cluster, "cluster.json"))
    (options.json, options.html) = (folder.path + "/plan.json", folder.path + "/plan.html")
    options.mostHosts = mostHosts
    try plan(options, configuration)
    return try JSONDecoder().decode(
      PlanReport.self, from: Data(contentsOf: URL(filePath: folder.path + "/plan.json")))
  }

  @Test("It plans powers of two and the cluster's own number of hosts, up to where slices end")
  func report() throws {
    let report = try run(Self.benchmark())
    #expect(report.strong.steps.map(\.hosts) == [1, 2, 3, 4, 8, 16, 32, 64])
    #expect(report.weak.steps.map(\.hosts) == [1, 2, 3] + (2...8).map { 1 << $0 })
    let one = report.strong.steps[0]
    #expect(abs(one.milliseconds - 300) < 1e-3 && one.efficiency == 1 && one.link == 0)
    let two = report.strong.steps[1]
    #expect(abs(two.computation - 150) < 1e-3 && two.link > 0 && two.sentBytes > 8e5)
    #expect(report.strong.steps.map(\.shards) == [4, 4, 4, 4, 8, 16, 32, 64])
    #expect(report.weak.steps.map(\.batch) == report.weak.steps.map { 100 * $0.hosts })
    #expect(abs(report.simulatedMilliseconds - 150) < 1e-3)
    for scaling in [report.strong, report.weak] {
      for step in scaling.steps {
        let parts = step.computation + step.messages + step.link + step.jitter
        #expect(abs(parts - step.milliseconds) < 1e-6)
      }
    }
  }

  @Test("A limit on the batch's samples is the smallest slice; a slow link is the link")
  func reasons() throws {
    let quick = Self.changed(Self.cluster, "link.bytesPerSecond", to: 1e12)
    var report = try run(Self.benchmark(), quick)
    #expect(report.strong.reason == "smallestSlice" && report.strong.paysUpTo == 64)
    #expect(report.strong.conclusion.contains("128 hosts"), "\(report.strong.conclusion)")
    let slow = Self.changed(Self.cluster, "link.bytesPerSecond", to: 1e6)
    report = try run(Self.benchmark(), slow)
    #expect(report.strong.reason == "link" && report.strong.paysUpTo == 1)
    #expect(report.strong.conclusion.contains("because of the links"))
    // The samples that a processor computes at once or one by one take as long.
    var flat = Self.benchmark()
    flat = Self.changed(
      flat, "profile.slices",
      to: [1, 100].map { rows in
        [
          "rows": rows, "gather": 0, "forward": 0.1, "linearGradients": 0, "throughTime": [0, 0],
          "weightGradients": MadeMachine.parameters.buckets.map { _ in 0 },
        ]
      })
    report = try run(flat, quick)
    #expect(report.strong.reason == "computation" && report.strong.paysUpTo == 4)
    // The slowest of many ranks.
    report = try run(
      Self.changed(Self.benchmark(), "profile.spread", to: Array(repeating: 1.0, count: 20) + [400])
    )
    #expect(report.weak.reason == "jitter", "\(report.weak)")
  }

  @Test("The table is narrow, and the page has both charts and tables, as well-formed XML")
  func output() throws {
    let report = try run(Self.benchmark(), mostHosts: 4096)
    let lines = report.table.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.allSatisfy { $0.count < 80 }, "\(report.table)")
    #expect(report.table.contains(" 4096*"), "\(report.table)")
    let html = String(decoding: try folder.read("plan.html"), as: UTF8.self)
    #expect(html.components(separatedBy: "<svg").count > 4)
    #expect(html.contains(">4096<") && !html.contains("nan") && !html.contains("inf"))
    let parser = XMLParser(data: Data(html.utf8.dropFirst("<!DOCTYPE html>\n".utf8.count)))
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
  }

  @Test("A report of the doctor has the cluster in it, with the processors of its hosts")
  func doctor() throws {
    let report = try run(
      Self.benchmark(),
      ["cluster": Self.cluster, "hosts": [["allowedProcessors": 4], ["allowedProcessors": 2]]])
    #expect(report.cluster.processorsPerHost == 2 && report.cluster.hosts == 3)
  }

  @Test("One host needs no link, and has no more hosts")
  func alone() throws {
    let cluster: [String: Any] = ["hosts": 1, "ranksPerHost": 2, "threadsPerRank": 1]
    let report = try run(Self.benchmark(), cluster)
    #expect(report.strong.steps.map(\.hosts) == [1] && report.weak.steps.count == 1)
  }

  @Test(
    "A file that says nothing usable is refused in a sentence that names it and the key",
    arguments: [
      ("bench", "version", nil, "has no version"),
      ("bench", "version", 99, "version 99"),
      ("bench", "profile", nil, "profile is missing"),
      ("bench", "profile.update", "x", "profile.update is not of the kind"),
      ("bench", "profile.update", -1, "no time"),
      ("bench", "profile.slices", [Int](), "not one of a machine"),
      ("bench", "profile.spread", [Int](), "not one of a machine"),
      ("bench", "experiment.model", "GRU of 1 layer of 8 units", "the model that was measured"),
      ("bench", "experiment.optimizer", "lamb", "optimizer.kind"),
      ("bench", "experiment.parameters", 7, "another model"),
      ("bench", "experiment.inputSize", -28, "28 x -28"),
      ("bench", "machine.precision", "bf16", "train.precision"),
      ("bench", "machine.cores", 1, "2 threads shared 1 processors"),
      ("cluster", "hosts", 0, "hosts is 0"),
      ("cluster", "ranksPerHost", nil, "ranksPerHost is missing"),
      ("cluster", "ranksPerHost", 1.5, "a number in it"),
      ("cluster", "frobnicate", 1, "frobnicate"),
      ("cluster", "link.bandwidth", 1, "link.bandwidth"),
      ("cluster", "link.bytesPerSecond", 0, "link.bytesPerSecond is 0"),
      ("cluster", "link.latencySeconds", -1, "link.latencySeconds is -1"),
      ("cluster", "link", nil, "no link"),
      ("cluster", "threadsPerRank", 1e9, "threadsPerRank is"),
    ] as [(String, String, (any Sendable)?, String)])
  func mistakes(file: String, key: String, value: (any Sendable)?, words: String) throws {
    var (benchmark, cluster) = (Self.benchmark(), Self.cluster)
    if file == "bench" {
      benchmark = Self.changed(benchmark, key, to: value)
    } else {
      cluster = Self.changed(cluster, key, to: value)
    }
    do {
      _ = try run(benchmark, cluster)
      Issue.record("\(key) was taken")
    } catch {
      #expect("\(error)".contains(words), "\(error)")
      #expect(JobFailure(error).exitStatus == 78, "\(error)")
    }
    #expect(!(try folder.names().contains("plan.json")))
  }

  @Test("What is no JSON object is refused", arguments: ["", "{", "[]", "7", "{\"a\": 1} x"])
  func noJSON(text: String) throws {
    let good = try write(Self.cluster, "cluster.json")
    let bad = try folder.write(Array(text.utf8), to: "bad.json")
    for (benchmark, cluster) in [(bad, good), (try write(Self.benchmark(), "bench.json"), bad)] {
      let error = #expect(throws: FileError.self) {
        try plan(PlanOptions(benchmark: benchmark, cluster: cluster), Configuration())
      }
      #expect(
        error?.description.contains("bad.json: it is no") == true, "\(String(describing: error))")
    }
  }

  @Test("Messages that are MPI's own are not planned")
  func native() throws {
    var configuration = Configuration()
    configuration.reduction.order = .native
    let error = #expect(throws: ConfigurationError.self) {
      _ = try run(Self.benchmark(), Self.cluster, configuration)
    }
    #expect(error?.description.contains("reduction.order") == true)
  }
}
