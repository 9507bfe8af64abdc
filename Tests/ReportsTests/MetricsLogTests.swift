import Files
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

  private func log(
    keepingStepsUpTo step: Int = 0, beginsWithEvaluation: Bool = false
  ) throws -> MetricsLog {
    try MetricsLog(
      trainingRun(
        stepsDone: step, metricsPath: path, beginsWithEvaluation: beginsWithEvaluation))
  }

  /// The type and the step of each line.
  private func records() throws -> [String] {
    struct Line: Decodable {
      let type: String
      let step: Int
    }
    return try lines().dropLast().map {
      let line = try JSONDecoder().decode(Line.self, from: Data($0.utf8))
      return "\(line.type) \(line.step)"
    }
  }

  private func lines() throws -> [String] {
    String(decoding: try folder.read("metrics.jsonl"), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test("A step and an evaluation are a line each, which are there at once")
  func lines_() throws {
    let log = try log()
    try log.stepEnded(step(1))
    #expect(try lines().count == 2)
    try log.evaluated(evaluated(after: 10, epoch: 1))
    #expect(
      try lines() == [
        #"{"epoch":1,"gradientNorm":2,"learningRate":0.25,"loss":0.5,"seconds":0,"step":1,"type":"step"}"#,
        #"{"accuracy":0.75,"balancedAccuracy":0.75,"correct":150,"epoch":1,"loss":0.25,"#
          + #""macroF1":0.75,"recalls":[0.75,0.75],"samples":200,"samplesPerSecond":250,"#
          + #""seconds":4,"set":"test","step":10,"type":"evaluation"}"#,
        "",
      ])
    try log.synchronize()
  }

  @Test(
    "A run that is resumed keeps the steps up to its checkpoint, and evaluations of whole epochs")
  func resuming() throws {
    var log = try log()
    for number in 1...10 { try log.stepEnded(step(number)) }
    try log.evaluated(evaluated(after: 10, epoch: 1))
    for number in 11...13 { try log.stepEnded(step(number, epoch: 2)) }
    try log.evaluated(evaluated(after: 12, epoch: 2))
    // The last line of a process that was killed.
    try folder.write(
      try folder.read("metrics.jsonl") + Array(#"{"epoch":2,"gra"#.utf8), to: "metrics.jsonl")

    log = try self.log(keepingStepsUpTo: 12)
    try log.stepEnded(step(13, epoch: 2))
    #expect(
      try records() == (1...10).map { "step \($0)" } + ["evaluation 10"]
        + (11...13).map { "step \($0)" })
    _ = try self.log()
    #expect(try lines() == [""])
  }

  @Test("A fall of the learning rate stays where its epoch does; an early end is written anew")
  func control() throws {
    var log = try log()
    for epoch in 1...2 {
      for number in (10 * epoch - 9)...(10 * epoch) {
        try log.stepEnded(step(number, epoch: epoch))
      }
      try log.evaluated(evaluated(.validation, after: 10 * epoch, epoch: epoch))
      try log.learningRateFell(
        LearningRateEvent(step: 10 * epoch, epoch: epoch, from: 0.5, to: 0.25))
    }
    try log.stoppedEarly(earlyStop())
    #expect(
      try lines().suffix(3) == [
        #"{"epoch":2,"from":0.5,"step":20,"to":0.25,"type":"learningRate"}"#,
        #"{"best":0.75,"bestEpoch":1,"criterion":"accuracy","epoch":2,"step":20,"type":"earlyStop"}"#,
        "",
      ])
    log = try self.log(keepingStepsUpTo: 20)
    #expect(try records().suffix(2) == ["evaluation 20", "learningRate 20"])
    log = try self.log(keepingStepsUpTo: 20, beginsWithEvaluation: true)
    #expect(try records().suffix(2) == ["step 19", "step 20"])
    #expect(try records().filter { $0.hasPrefix("learningRate") } == ["learningRate 10"])
  }

  @Test("A run that begins with the evaluation that was interrupted has its record once")
  func interruptedEvaluation() throws {
    let log = try log()
    try log.evaluated(evaluated(after: 10, epoch: 1))
    for number in 11...20 { try log.stepEnded(step(number, epoch: 2)) }
    // Of two evaluations the second was interrupted.
    try log.evaluated(evaluated(.validation, after: 20, epoch: 2))
    let steps = (11...20).map { "step \($0)" }
    _ = try self.log(keepingStepsUpTo: 20)
    #expect(try records() == ["evaluation 10"] + steps + ["evaluation 20"])
    _ = try self.log(keepingStepsUpTo: 20, beginsWithEvaluation: true)
    #expect(try records() == ["evaluation 10"] + steps)
  }

  @Test("Lines that a full disk refuses are written when there is room again")
  func fullDisk() throws {
    let descriptor = open("/dev/full", O_WRONLY)
    try #require(descriptor >= 0)
    let log = MetricsLog(AppendedFile(descriptor: descriptor, path: "the file", size: 0))
    let full = "the file: cannot write it (No space left on device); free some space"
    var error = #expect(throws: FileError.self) { try log.stepEnded(step(1)) }
    #expect(error?.description == full)
    #expect(error?.exitStatus == 1)
    // Not tried again at once, but when it has to be on the disk.
    try log.stepEnded(step(2))
    error = #expect(throws: FileError.self) { try log.flush() }
    #expect(error?.description == full)
    // There is room from now on.
    let file = open(try folder.write([], to: "metrics.jsonl"), O_WRONLY)
    try #require(dup2(file, descriptor) == descriptor)
    close(file)
    try log.flush()
    #expect(try lines().count == 3)
  }

  @Test("A file that cannot be opened is an error of input that names it")
  func noFile() {
    let error = #expect(throws: FileError.self) {
      try MetricsLog(trainingRun(metricsPath: folder.path + "/missing/metrics.jsonl"))
    }
    #expect(error?.exitStatus == 78)
    #expect(error?.description.contains("/missing/metrics.jsonl: cannot create") == true)
    #expect(error?.description.contains("(No such file or directory)") == true)
  }
}
