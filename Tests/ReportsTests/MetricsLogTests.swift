import Foundation
import Reports
import Testing
import TestSupport
import Training

@Suite("metrics.jsonl")
struct MetricsLogTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/metrics.jsonl" }

  init() throws { folder = try TemporaryFolder() }

  private func log(keepingStepsUpTo step: Int = 0) throws -> MetricsLog {
    try MetricsLog(trainingRun(stepsDone: step, metricsPath: path))
  }

  private func lines() throws -> [String] {
    String(decoding: try folder.read("metrics.jsonl"), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test("A step and an evaluation are a line each, which a flush writes")
  func lines_() throws {
    let log = try log()
    try log.stepEnded(step(1))
    try log.evaluated(evaluated(after: 10, epoch: 1))
    #expect(try lines() == [""])
    try log.flush()
    #expect(
      try lines() == [
        #"{"epoch":1,"gradientNorm":2,"learningRate":0.25,"loss":0.5,"seconds":0,"step":1,"type":"step"}"#,
        #"{"accuracy":0.75,"correct":150,"epoch":1,"loss":0.25,"samples":200,"samplesPerSecond":250,"#
          + #""seconds":4,"set":"test","step":10,"type":"evaluation"}"#,
        "",
      ])
    log.synchronize()
  }

  @Test("Many lines reach the file without a flush, in their order")
  func buffer() throws {
    let log = try log()
    for number in 1...1000 { try log.stepEnded(step(number)) }
    let early = try lines().count
    #expect(early > 500 && early < 1000)
    try log.flush()
    let steps = try lines().dropLast().compactMap {
      try JSONDecoder().decode(StepRecord.self, from: Data($0.utf8)).step
    }
    #expect(steps == Array(1...1000))
  }

  @Test(
    "A run that is resumed keeps the steps up to its checkpoint, and evaluations of whole epochs")
  func resuming() throws {
    var log = try log()
    for number in 1...10 { try log.stepEnded(step(number)) }
    try log.evaluated(evaluated(after: 10, epoch: 1))
    for number in 11...13 { try log.stepEnded(step(number, epoch: 2)) }
    try log.evaluated(evaluated(after: 12, epoch: 2))
    try log.flush()
    // The last line of a process that was killed.
    try folder.write(
      try folder.read("metrics.jsonl") + Array(#"{"epoch":2,"gra"#.utf8), to: "metrics.jsonl")

    log = try self.log(keepingStepsUpTo: 12)
    try log.stepEnded(step(13, epoch: 2))
    try log.flush()
    struct Line: Decodable {
      let type: String
      let step: Int
    }
    let kept = try lines().dropLast().map {
      let line = try JSONDecoder().decode(Line.self, from: Data($0.utf8))
      return "\(line.type) \(line.step)"
    }
    #expect(
      kept == (1...10).map { "step \($0)" } + ["evaluation 10"] + (11...13).map { "step \($0)" })
    _ = try self.log()
    #expect(try lines() == [""])
  }

  @Test("Lines that a full disk refuses are written when there is room again")
  func fullDisk() throws {
    let descriptor = open("/dev/full", O_WRONLY)
    try #require(descriptor >= 0)
    let log = MetricsLog(
      FileHandle(fileDescriptor: descriptor, closeOnDealloc: true), path: "the file", size: 0)
    try log.stepEnded(step(1))
    for _ in 0..<2 {
      let error = #expect(throws: RunDirectoryError.self) { try log.flush() }
      #expect(error?.description == "cannot write the file: No space left on device")
      #expect(error?.exitStatus == 1)
    }
    try log.stepEnded(step(2))
    // There is room from now on.
    let file = open(try folder.write([], to: "metrics.jsonl"), O_WRONLY)
    try #require(dup2(file, descriptor) == descriptor)
    close(file)
    try log.flush()
    #expect(try lines().count == 3)
  }

  @Test("A file that cannot be opened is an error of input that names it")
  func noFile() {
    let error = #expect(throws: RunDirectoryError.self) {
      try MetricsLog(trainingRun(metricsPath: "/nonexistent/metrics.jsonl"))
    }
    #expect(error?.exitStatus == 78)
    #expect(error?.description.contains("/nonexistent/metrics.jsonl") == true)
  }
}
