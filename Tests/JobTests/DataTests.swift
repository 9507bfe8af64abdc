import Experiments
import Foundation
import TestSupport
import Testing

/// What `lockstep data` says of a data set.
@Suite("A look at the data")
struct DataTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private func report(_ arguments: [String]) throws -> (DataReport, Int32) {
    let result = try workspace.lockstep(["data", "--json", "-"] + arguments)
    let report = try JSONDecoder().decode(
      DataReport.self, from: Data(result.standardOutput.utf8))
    return (report, result.status)
  }

  @Test("Whole data end with status 0, and their figures are those of the files")
  func whole() throws {
    let (report, status) = try report(["--config", workspace.path + "/tiny.yaml"])
    #expect(status == 0 && report.failureCount == 0 && report.faults.isEmpty)
    #expect(report.parts.map(\.samples) == [Workspace.trainingCount, Workspace.testCount])
    #expect(report.parts[0].steps == 6 && report.parts[0].features == 5)
    #expect(report.classes.reduce(0) { $0 + $1.training } == Workspace.trainingCount)
    #expect(abs(report.classes.reduce(0) { $0 + $1.testShare } - 1) < 1e-12)
    #expect(report.shards.map { [$0.count, $0.largest, $0.smallest] } == [4, 51, 50])
    // A byte a pixel, and four for the label.
    #expect(report.memory.map(\.ranks) == [1, 2, 4])
    #expect(report.memory.map(\.trainingBytes) == [203 * 34, 102 * 34, 51 * 34])
    #expect(report.memory[0].evaluationBytes == 61 * 34)
    let table = try workspace.lockstep(["data", "--config", workspace.path + "/tiny.yaml"])
    #expect(table.succeeded, "\(table)")
    for word in ["203 images of 6 x 5 pixels", "north-east", "4 shards of 50 to 51", "✓"] {
      #expect(table.standardOutput.contains(word), "\(table)")
    }
    #expect(table.standardOutput.split(separator: "\n").allSatisfy { $0.count < 80 })
  }

  @Test("Labels that are texts are named as such, and what follows from a fault is no finding")
  func series() throws {
    let folder = workspace.path + "/series"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    func write(_ text: String) throws {
      for part in ["TRAIN", "TEST"] {
        try text.write(toFile: "\(folder)/X_\(part).ts", atomically: true, encoding: .utf8)
      }
    }
    try write("@data\n1,2:1\n3,4:2\n5,6:3\n")
    let (report, status) = try report([folder, "--set", "data.shards=1"])
    #expect(status == 0, "\(report.findings)")
    #expect(
      report.findings.contains {
        $0.subject == "data.classes" && $0.advice?.contains("put numbers in quotes") == true
      })
    let (other, _) = try self.report([folder, "--set", "data.classes=[a, b]"])
    #expect(!other.findings.contains { $0.subject == "classes" }, "\(other.findings)")
    try write("@classLabel true a b\n@data\n1,2:a\n3,4:c\n")
    let (undeclared, _) = try self.report([folder])
    #expect(undeclared.faults.map(\.place) == ["sample 1", "sample 1"], "\(undeclared.faults)")
    for (text, words) in [
      ("@timeStamps true\n@data\n(0,1):a\n", "leave the time stamps out"),
      ("1,2:a\n3,4:b\n", "which begins with no @"),
      ("@targetLabel true\n@data\n1,2:0.5\n", "targets that are numbers"),
    ] {
      try write(text)
      let (report, status) = try self.report([folder])
      // One for each part.
      #expect(status == 78 && report.failureCount == 2, "\(report.findings)")
      #expect(report.findings.contains { $0.sentence.contains(words) }, "\(report.findings)")
    }
  }

  @Test("Everything that a training would fail for is said at once, and ends with status 78")
  func faults() throws {
    let folder = workspace.path + "/arrays"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    func write(_ file: [UInt8], _ name: String) throws {
      try Data(file).write(to: URL(filePath: folder + "/" + name))
    }
    var values = (0..<48).map { Float($0 % 7) * ($0 % 2 == 0 ? 1 : 1000) }
    (values[5], values[20]) = (.nan, .infinity)
    try write(npy("<f4", [8, 3, 2], bytes(values)), "train-x.npy")
    try write(npy("<i4", [8], bytes([0, 1, 0, 1, 4, 1, 0, 1] as [Int32])), "train-y.npy")
    try write(npy("<f4", [2, 3, 2], bytes(Array(values[6..<18]))), "test-x.npy")
    try write(npy("<i4", [3], bytes([1, 0, 1] as [Int32])), "test-y.npy")
    let options = [
      folder, "--set", "data.classes=[up, down]", "--set", "data.shards=9", "--set",
      "train.batch=9",
    ]
    let (report, status) = try report(options)
    #expect(status == 78)
    #expect(report.faults.map(\.kind) == [.label, .missing, .infinite, .count])
    #expect(report.faults[1].place == "sample 0, time step 2, feature 1")
    #expect(report.failureCount == 5)
    #expect(report.findings.contains { $0.subject == "data.shards" && $0.severity == .failure })
    #expect(report.findings.contains { $0.subject == "features" && $0.severity == .advice })
    #expect(report.duplicates.testInTraining.count == 2 && report.shards == nil)
    let table = try workspace.lockstep(["data"] + options)
    #expect(table.status == 78 && table.standardError.contains("for 5 reasons"), "\(table)")

    // What is missing has a value where the configuration says so.
    let (filled, _) = try self.report(options + ["--set", "data.missing=zero"])
    #expect(filled.failureCount == 4)
    #expect(
      filled.findings.contains {
        $0.severity == .fine && $0.sentence.contains("data.missing: zero stands")
      })
    #expect(report.findings.contains { $0.advice == "set data.normalize: standard" })
    #expect(report.findings.contains { $0.advice?.hasPrefix("set data.missing") == true })
    let (scaled, _) = try self.report(options + ["--set", "data.normalize=standard"])
    #expect(!scaled.findings.contains { $0.subject == "features" })

    // Without a configuration, labels are classes, and the report says how to name them.
    let (open, _) = try self.report([folder])
    #expect(open.classes.map(\.name) == ["0", "1", "4"])
    #expect(
      open.findings.contains {
        $0.subject == "data.classes" && $0.advice?.hasPrefix("number the labels from 0 on") == true
      })
    try write(npy("<i4", [8], bytes([0, 1, 0, 1, -1, 1, 0, 1] as [Int32])), "train-y.npy")
    let (negative, _) = try self.report([folder])
    #expect(negative.findings.contains { $0.advice == "number the labels from 0 on" })
    let none = try workspace.lockstep(["data", workspace.path + "/none"])
    #expect(none.status == 78, "\(none)")
  }
}
