import Foundation
import Reports
import Testing
import TestSupport
import Training

@Suite("ranks.jsonl and trace.json")
struct RanksLogTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The times of a rank that computed, and then waited, for some seconds in each of two steps.
  private func rank(_ computation: Double, waiting: Double) -> RankTimes {
    var times = StepTimes()
    (times.computation, times.reduction) = (computation, waiting)
    times.total = computation + waiting
    var rank = RankTimes()
    for _ in 0..<2 { rank.add(times) }
    return rank
  }

  private func log(stepsDone: Int = 0) throws -> RanksLog {
    try RanksLog(trainingRun(stepsDone: stepsDone, ranksPath: folder.path + "/ranks.jsonl"))
  }

  private func records() throws -> [RanksRecord] {
    try folder.read("ranks.jsonl").split(separator: UInt8(ascii: "\n")).map {
      try JSONDecoder().decode(RanksRecord.self, from: Data($0))
    }
  }

  @Test("An interval is a line: the means of each rank with its host, and who came last")
  func interval() throws {
    let log = try log()
    let straggler = Straggler(rank: 1, excess: 0.5, steps: 9, causes: ["it is tired"])
    let ranks = [
      rank(0.25, waiting: 0.5), rank(0.5, waiting: 0.25), rank(0.25, waiting: 0.5),
      rank(0.25, waiting: 0.5),
    ]
    try log.intervalEnded(IntervalEvent(step: 8, ranks: ranks, stragglers: [straggler]))
    try log.intervalEnded(IntervalEvent(step: 10, ranks: ranks, stragglers: []))
    let records = try records()
    #expect(records.map(\.step) == [8, 10] && records.map(\.steps) == [2, 2])
    #expect(
      records.map { $0.last?.rank } == [1, 1] && records.map { $0.last?.host } == ["a", "a"])
    #expect(records.map { $0.last?.seconds } == [0.25, 0.25])
    #expect(records.map(\.stragglers.count) == [1, 0])
    #expect(records[0].stragglers.first?.causes == ["it is tired"])
    #expect(records[0].ranks.map(\.host) == ["a", "a", "b", "b"])
    #expect(records[0].ranks.map(\.computation) == [0.25, 0.5, 0.25, 0.25])
    #expect(records[0].ranks.map(\.total) == [0.75, 0.75, 0.75, 0.75])

    // A run that is resumed does the second interval again.
    _ = try self.log(stepsDone: 9)
    #expect(try self.records().map(\.step) == [8])
  }

  @Test("The record of the first steps replaces that of an earlier start")
  func trace() throws {
    for bytes in [[1, 2, 3], [4]] as [[UInt8]] {
      try TraceFile(trainingRun(tracePath: folder.path + "/trace.json")).traced(bytes)
      #expect(try folder.read("trace.json") == bytes)
    }
  }
}
