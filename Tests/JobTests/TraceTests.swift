import Foundation
import Reports
import Testing
import TestSupport

/// What a job records of its own times.
@Suite("The times of a job")
struct TraceTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  /// An event of the Trace Event Format.
  private struct Event: Decodable {
    let name: String
    let ph: String
    let pid: Int
    let tid: Int
    let ts: Double?
    let dur: Double?
    let args: Arguments?

    struct Arguments: Decodable {
      let name: String?
    }

    var end: Double { (ts ?? 0) + (dur ?? 0) }
  }

  private struct File: Decodable {
    let traceEvents: [Event]
  }

  private func events() throws -> [Event] {
    let path = URL(filePath: workspace.path + "/run/trace.json")
    return try JSONDecoder().decode(File.self, from: try Data(contentsOf: path)).traceEvents
  }

  private let options = [
    "--max-steps", "12", "--set", "log.trace=3", "--set", "train.threads=2", "--set",
    "model.layers=3",
  ]

  @Test("Alone it records its first steps, each thread's work by layer, one within another")
  func alone() throws {
    let result = try workspace.train(ranks: nil, output: "run", options)
    #expect(result.succeeded, "\(result)")
    let events = try events()
    let spans = events.filter { $0.ph == "X" }
    #expect(
      spans.filter { $0.name.hasPrefix("step ") }.map(\.name) == ["step 1", "step 2", "step 3"])
    // Four shards on two threads, in three steps.
    for layer in 1...3 {
      for name in ["forward, layer", "through time, layer"] {
        #expect(spans.count { $0.name == "\(name) \(layer)" } == 12, "\(name) \(layer)")
      }
    }
    #expect(spans.count { $0.name == "optimizer" } == 3)
    #expect(spans.allSatisfy { $0.ts ?? -1 >= 0 && $0.dur ?? -1 >= 0 })
    let names = events.filter { $0.name == "thread_name" }.compactMap { $0.args?.name }
    #expect(names.starts(with: ["main", "worker 1"]), "\(names)")
    #expect(events.contains { $0.args?.name?.hasPrefix("rank 0 on ") == true })
    // The spans of a line follow each other, or one holds the other.
    for line in Set(spans.map(\.tid)) {
      var open: [Event] = []
      for span in spans where span.tid == line {
        while let last = open.last, last.end <= (span.ts ?? 0) + 0.002 { open.removeLast() }
        if let last = open.last { #expect(span.end <= last.end + 0.002, "\(last) and \(span)") }
        open.append(span)
      }
    }
    #expect(!spans.contains { $0.name.hasPrefix("hosts") })
  }

  @Test(
    "On two hosts it has the lines of all ranks, by one clock, with messages and waits",
    .enabled(if: HostsTests.isPossible, "this machine allows no network namespaces"))
  func hosts() throws {
    let result = try run(
      LaunchTests.checkout + "/Tests/Tools/hosts",
      [
        "2,1", "--", Workspace.lockstep, "train", "--config", workspace.path + "/tiny.yaml",
        "--output", workspace.path + "/run",
      ] + options, environment: Mpirun.environment, timeout: 120)
    #expect(result.succeeded, "\(result)")
    let events = try events()
    let spans = events.filter { $0.ph == "X" }
    for rank in 0...2 {
      let mine = spans.filter { $0.pid == rank }
      let names = Set(mine.map(\.name))
      #expect(
        names.isSuperset(of: [
          "step 3", "wait for the sum", "hosts exchange parts", "hosts exchange sums",
        ]), "\(names)")
      #expect(names.contains("ranks of the host sum"))
      // Nobody ends a step before all have computed, as far as messages tell the hosts' clocks: where
      // processors are busy they take milliseconds.
      for number in 1...3 {
        let others = spans.filter { $0.name == "step \(number)" }
        let end = mine.first { $0.name == "step \(number)" }?.end ?? 0
        #expect(
          others.count == 3 && others.allSatisfy { $0.ts ?? .infinity < end + 20_000 }, "\(others)")
      }
    }
    let names = events.filter { $0.name == "process_name" }.compactMap { $0.args?.name }
    #expect(names == ["rank 0 on host-1", "rank 1 on host-1", "rank 2 on host-2"])

    let lines = try Data(contentsOf: URL(filePath: workspace.path + "/run/ranks.jsonl"))
      .split(separator: UInt8(ascii: "\n"))
    let start = try JSONDecoder().decode(StartRecord.self, from: #require(lines.first))
    #expect(start.step == 0 && start.hosts == ["host-1", "host-1", "host-2"])
    let end = try JSONDecoder().decode(EndRecord.self, from: #require(lines.last))
    #expect(end.type == EndRecord.type && end.step == 12 && end.time >= start.time)
    let records = try lines.dropFirst().dropLast().map {
      try JSONDecoder().decode(RanksRecord.self, from: $0)
    }
    #expect(records.map(\.step) == [10, 12] && records.map(\.steps) == [10, 2])
    for record in records {
      #expect(record.ranks.map(\.host) == ["host-1", "host-1", "host-2"])
      #expect(record.ranks.allSatisfy { $0.computation > 0 && $0.total > $0.computation })
      #expect((0...2).contains(record.last?.rank ?? -1) && record.last?.seconds ?? -1 >= 0)
    }
  }

  @Test("A picture that cannot be written is a warning, and more than 100 steps are refused")
  func mistakes() throws {
    let result = try workspace.shell(
      "mkdir -p run/trace.json; exec \"$@\"", ["--output", "run"] + options)
    #expect(result.succeeded, "\(result)")
    #expect(
      result.standardError.contains("warning: run/trace.json: ")
        && result.standardError.contains("training goes on"), "\(result)")
    let refused = try workspace.train(ranks: nil, output: "other", ["--set", "log.trace=101"])
    #expect(refused.status == 64 && refused.standardError.contains("log.trace"), "\(refused)")
  }
}
