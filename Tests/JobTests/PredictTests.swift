import Datasets
import Experiments
import Foundation
import Safetensors
import TestSupport
import Testing

/// Predictions of test samples, in files and on the terminal.
@Suite("Predictions")
struct PredictTests {
  private let workspace: Workspace
  private var run: String { workspace.path + "/run" }

  init() throws {
    workspace = try Workspace()
    let trained = try workspace.train(ranks: nil, output: "run", ["--max-steps", "30"])
    #expect(trained.succeeded, "\(trained)")
  }

  private func predict(_ arguments: [String], ranks: Int? = nil) throws -> JobResult {
    let all = ["predict", "--checkpoint", run] + arguments
    guard let ranks else { return try workspace.lockstep(all) }
    return try runJob(ranks: ranks, executable: Workspace.lockstep, arguments: all)
  }

  private func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: URL(filePath: workspace.path + "/" + name))
  }

  /// The fields of the lines of a file, none of which has a comma in it.
  private func table(_ name: String) throws -> [[String]] {
    let text = String(decoding: try bytes(name), as: UTF8.self)
    #expect(text.hasSuffix("\r\n"))
    return text.split(separator: "\r\n").map { $0.split(separator: ",").map(String.init) }
  }

  @Test("Any number of ranks and threads writes the same bytes")
  func ranks() throws {
    for ending in ["csv", "jsonl", "npy"] {
      let alone = "\(workspace.path)/alone.\(ending)"
      #expect(try predict(["--output", alone, "--threads", "1"]).succeeded)
      let expected = try bytes("alone.\(ending)")
      for (ranks, threads) in [(1, 2), (2, 1), (3, 2)] {
        let output = "\(workspace.path)/job.\(ending)"
        let result = try predict(
          ["--output", output, "--threads", "\(threads)"], ranks: ranks)
        #expect(result.succeeded, "\(result)")
        #expect(try bytes("job.\(ending)") == expected, "\(ranks) ranks, \(threads) threads")
      }
    }
  }

  @Test("Each sample has its probabilities, whose loss and accuracy are those of evaluate")
  func figures() throws {
    let result = try predict(["--output", workspace.path + "/all.csv"])
    #expect(result.succeeded, "\(result)")
    let rows = try table("all.csv")
    let classes = ["north-west", "north-east", "south-west", "south-east"]
    #expect(rows[0] == ["number", "predicted", "probability"] + classes + ["true"])
    #expect(rows.dropFirst().map { $0[0] } == (0..<Workspace.testCount).map(String.init))
    var (correct, loss) = (0, 0.0)
    for row in rows.dropFirst() {
      let probabilities = try row[3..<7].map { try #require(Float($0)) }
      #expect(abs(probabilities.reduce(0, +) - 1) < 1e-6)
      let largest = try #require(probabilities.max())
      #expect(row[1] == classes[probabilities.firstIndex(of: largest) ?? 0])
      #expect(row[2] == "\(largest)")
      let label = try #require(classes.firstIndex(of: row[7]))
      loss -= log(Double(probabilities[label]))
      correct += row[1] == row[7] ? 1 : 0
    }
    let count = Workspace.testCount
    let evaluated = try workspace.lockstep(["evaluate", "--checkpoint", run])
    let lines = evaluated.standardOutput.split(separator: "\n")
    #expect(lines[0] == String(format: "Test loss: %.4f", loss / Double(count))[...])
    #expect(lines[1].hasSuffix("(\(correct) of \(count))"), "\(evaluated)")

    let printed = try workspace.lockstep(["evaluate", "--checkpoint", run, "--json", "-"])
    let report = try JSONDecoder().decode(
      EvaluationReport.self, from: Data(printed.standardOutput.utf8))
    #expect(report.correct == correct && report.samples == count)
    #expect(lines[0] == "Test loss: " + String(format: "%.4f", report.loss))
    #expect(report.classes.map(\.samples).reduce(0, +) == count)
    #expect(report.confusion.indices.reduce(0) { $0 + report.confusion[$1][$1] } == correct)
    for (label, figures) in report.classes.enumerated() {
      let row = report.confusion[label]
      #expect(figures.name == classes[label])
      #expect(figures.recall == Double(row[label]) / Double(row.reduce(0, +)))
    }
    #expect(result.standardOutput.contains(lines[1]), "\(result)")

    // The other formats have the same numbers.
    #expect(try predict(["--output", workspace.path + "/all.npy"]).succeeded)
    #expect(try predict(["--output", workspace.path + "/all.jsonl"]).succeeded)
    let array = Array(try bytes("all.npy"))
    #expect(array.prefix(128) == npyHeader(descr: "<f4", shape: [count, 4])[...])
    let floats = rows.dropFirst().flatMap { $0[3..<7].compactMap { Float($0) } }
    #expect(Array(array.dropFirst(128)) == TestSupport.bytes(floats))
    let objects = try String(decoding: bytes("all.jsonl"), as: UTF8.self).split(separator: "\n")
    #expect(objects.count == count)
    for (line, row) in zip(objects, rows.dropFirst()) {
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      #expect("\(object["number"] ?? "")" == row[0])
      #expect(object["predicted"] as? String == row[1] && object["true"] as? String == row[7])
      let probabilities = try #require(object["probabilities"] as? [String: Double])
      #expect(classes.map { probabilities[$0].map { Float($0) } } == row[3..<7].map { Float($0) })
    }
  }

  @Test("Chosen samples have the rows of all, in the order in which they were named")
  func chosen() throws {
    #expect(try predict(["--output", workspace.path + "/all.csv"]).succeeded)
    let some = try predict(
      ["--output", workspace.path + "/some.csv", "--index", "60", "3", "17"], ranks: 2)
    #expect(some.succeeded, "\(some)")
    let (all, chosen) = (try table("all.csv"), try table("some.csv"))
    #expect(chosen == [all[0], all[61], all[4], all[18]])
    let table = try predict(["--index", "60", "--output", "-"])
    #expect(table.standardOutput.split(separator: "\r\n").count == 2, "\(table)")
    #expect(table.standardError.contains("of 1)"), "\(table)")
    let shown = try predict(["--index", "60"])
    #expect(shown.standardOutput.hasPrefix("Test image 60: "), "\(shown)")
  }

  @Test("Samples without labels have the same rows without them, from a folder or a file")
  func unlabeled() throws {
    #expect(try predict(["--output", workspace.path + "/all.csv"]).succeeded)
    let expected = try table("all.csv").map { Array($0.dropLast()) }
    let folder = workspace.path + "/bare"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let images = folder + "/t10k-images-idx3-ubyte"
    try FileManager.default.copyItem(
      atPath: workspace.path + "/data/t10k-images-idx3-ubyte", toPath: images)
    for data in [folder, images] {
      let result = try predict(
        ["--data", data, "--output", workspace.path + "/bare.csv"], ranks: 2)
      #expect(result.succeeded && result.standardOutput.isEmpty, "\(result)")
      #expect(try table("bare.csv") == expected)
      let evaluated = try workspace.lockstep(["evaluate", "--checkpoint", run, "--data", data])
      #expect(evaluated.status == 78, "\(evaluated)")
      #expect(evaluated.standardError.contains("labels"), "\(evaluated)")
    }
  }

  @Test("Images that are read pixel by pixel are as wide as those of the training")
  func pixels() throws {
    let trained = try workspace.train(
      ranks: nil, output: "pixels", ["--max-steps", "2", "--set", "data.order=permuted"])
    #expect(trained.succeeded, "\(trained)")
    for (name, height, width) in [("same", 6, 5), ("turned", 5, 6)] as [(String, UInt8, UInt8)] {
      let file = "\(workspace.path)/\(name)-images-idx3-ubyte"
      let header: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, height, 0, 0, 0, width]
      try Data(header + [UInt8](repeating: 90, count: 30)).write(to: URL(filePath: file))
      let result = try workspace.lockstep([
        "predict", "--checkpoint", workspace.path + "/pixels", "--data", file,
      ])
      #expect(result.status == (name == "same" ? 0 : 78), "\(result)")
      #expect(
        result.standardError.contains(
          "images of 5 x 6 pixels, and the checkpoint is for images of 6")
          == (name == "turned"), "\(result)")
    }
  }

  @Test("A run's folder stands for its best checkpoint, or else its newest, and is named")
  func folders() throws {
    let best = run + "/best.safetensors"
    let chosen = try predict(["--index", "0"])
    #expect(chosen.standardError.contains("the checkpoint is \(best)"), "\(chosen)")
    let file = try workspace.lockstep(["predict", "--checkpoint", best, "--index", "0"])
    #expect(file.standardOutput == chosen.standardOutput)
    #expect(file.standardError.isEmpty, "\(file)")
    try FileManager.default.removeItem(atPath: best)
    let newest = try predict(["--index", "0"])
    let step = workspace.checkpoint("run", step: 30)
    #expect(newest.standardError.contains("the checkpoint is \(step)"), "\(newest)")
    #expect(newest.standardOutput != chosen.standardOutput)
    #expect(try workspace.checkpointSteps("run") == [21, 30])
    let none = try workspace.lockstep(["evaluate", "--checkpoint", workspace.path + "/data"])
    #expect(none.status == 78 && none.standardError.contains("--checkpoint"), "\(none)")
  }

  @Test("PyTorch's parameters need a configuration, and give the same predictions")
  func parameters() throws {
    let checkpoint = try SafetensorsFile(run + "/best.safetensors")
    let names = checkpoint.names.filter { !$0.hasPrefix("adam.") }
    let path = workspace.path + "/torch.safetensors"
    var writer = try SafetensorsWriter(
      to: path,
      tensors: names.map {
        TensorDescription(name: $0, shape: checkpoint.entry(named: $0)?.shape ?? [])
      }, metadata: [:])
    for name in names {
      let values = try checkpoint.floats(named: name)
      try writer.append(values.span)
    }
    try writer.finish()
    let output = workspace.path + "/torch.csv"
    let bare = try workspace.lockstep(["predict", "--checkpoint", path, "--output", output])
    #expect(bare.status == 78 && bare.standardError.contains("--config"), "\(bare)")
    let config = ["--config", workspace.path + "/tiny.yaml"]
    let result = try workspace.lockstep(
      ["predict", "--checkpoint", path, "--output", output] + config)
    #expect(result.succeeded, "\(result)")
    #expect(try predict(["--output", workspace.path + "/all.csv"]).succeeded)
    #expect(try bytes("torch.csv") == bytes("all.csv"))
    let other = try workspace.lockstep(
      ["evaluate", "--checkpoint", path, "--set", "model.layers=1"] + config)
    #expect(other.status == 78 && other.standardError.contains("model.layers to 2"), "\(other)")
    let changed = try workspace.lockstep(
      ["evaluate", "--checkpoint", run, "--set", "model.hidden=9"])
    #expect(changed.status == 78 && changed.standardError.contains("model.hidden"), "\(changed)")
  }

  @Test("A name with a comma or a quote is quoted, and a few samples are a table")
  func names() throws {
    let names = #"data.classes=["a, b", 'c "d"', e, f]"#
    let result = try predict(["--set", names, "--index", "0", "1", "--output", "-"])
    #expect(
      result.standardOutput.hasPrefix(
        "number,predicted,probability,\"a, b\",\"c \"\"d\"\"\",e,f,true\r\n"), "\(result)")
    let folder = workspace.path + "/few"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let pixels = [UInt8](repeating: 90, count: 60)
    let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 6, 0, 0, 0, 5] + pixels
    try Data(images).write(to: URL(filePath: folder + "/t10k-images-idx3-ubyte"))
    let few = try predict(["--data", folder])
    let lines = few.standardOutput.split(separator: "\n")
    #expect(lines.count == 3 && lines[0].hasPrefix("number"), "\(few)")
    #expect(lines[2].hasSuffix(" %"), "\(few)")
  }

  @Test("What cannot be written or is no sample ends every rank, and leaves what was there")
  func failures() throws {
    let output = workspace.path + "/kept.csv"
    try workspace.write("kept.csv", "mine")
    try workspace.write("table.csv", "id,x\n1,2\n")
    try workspace.write(".kept.csv.left.tmp", "half")
    let table = try predict(["--data", workspace.path + "/table.csv"])
    #expect(table.status == 78 && table.standardError.contains("lockstep convert"), "\(table)")
    for (arguments, status) in [
      (["--output", output, "--index", "61"], 64), (["--output", output + ".txt"], 64),
      (["--output", "/proc/none/a.csv"], 78), (["--output", output, "--data", "/none"], 78),
      (["--output", output, "--checkpoint", "/none"], 78),
    ] as [([String], Int32)] {
      for ranks in [1, 2] {
        let result = try predict(arguments, ranks: ranks)
        #expect(result.status == status && !result.timedOut, "\(result)")
      }
    }
    #expect(try bytes("kept.csv") == Data("mine".utf8))
    let leftovers = try FileManager.default.contentsOfDirectory(atPath: workspace.path)
    #expect(!leftovers.contains { $0.hasSuffix(".tmp") })
  }
}
