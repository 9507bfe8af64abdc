import Foundation
import TestSupport
import Testing

/// Jobs on NumPy arrays of sequences of several lengths.
@Suite("Sequences of several lengths in a job")
struct SequenceTests {
  private let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    for folder in ["/sequences", "/series"] {
      try FileManager.default.createDirectory(
        atPath: workspace.path + folder, withIntermediateDirectories: true)
    }
    try Self.writeSet("train", 203, firstNoise: 1, to: workspace.path)
    try Self.writeSet("test", 61, firstNoise: 77, to: workspace.path)
    try workspace.write(
      "tiny.yaml", Workspace.configuration(data: workspace.path + "/sequences"))
  }

  /// Writes sequences of 1 to 9 time steps of 3 features, whose class is the signs of the first two
  /// features: as NumPy arrays, with what is no number behind each end, and as a `.ts` file.
  private static func writeSet(
    _ part: String, _ count: Int, firstNoise: UInt32, to path: String
  ) throws {
    var noise = firstNoise
    func next() -> Float {
      noise = noise &* 1_664_525 &+ 1_013_904_223
      return Float(noise >> 8) / 0x1p24
    }
    var (values, labels, lengths) = ([Float](), [Int32](), [Int64]())
    for index in 0..<count {
      let (label, length) = (index * 7 % 4, 1 + Int(next() * 9))
      labels.append(Int32(label))
      lengths.append(Int64(length))
      for time in 0..<9 {
        let signs: [Float] = [label & 1 == 0 ? 0.5 : -0.5, label & 2 == 0 ? 0.5 : -0.5, 0]
        values += signs.map { time < length ? $0 + 2 * next() - 1 : .nan }
      }
    }
    let classes = ["north-west", "north-east", "south-west", "south-east"]
    var text = "@data\n"
    for (index, length) in lengths.enumerated() {
      for feature in 0..<3 {
        text +=
          (0..<Int(length)).map { "\(values[(index * 9 + $0) * 3 + feature])" }
          .joined(separator: ",") + ":"
      }
      text += classes[Int(labels[index])] + "\n"
    }
    try text.write(
      toFile: path + "/series/Signs_\(part.uppercased()).ts", atomically: true, encoding: .utf8)
    for (name, file) in [
      ("x", npy("<f4", [count, 9, 3], bytes(values))), ("y", npy("<i4", [count], bytes(labels))),
      ("lengths", npy("<i8", [count], bytes(lengths))),
    ] { try Data(file).write(to: URL(filePath: "\(path)/sequences/\(part)-\(name).npy")) }
  }

  @Test(
    "Any number of ranks and threads gives the same bits, and they learn",
    arguments: [
      ["--set", "model.bidirectional=true"],
      [
        "--set", "model.cell=gru", "--set", "model.dropout=0.3", "--set", "train.accumulation=2",
        "--set", "model.readout=mean",
      ],
      [
        "--set", "model.cell=peephole", "--set", "model.readout=max", "--set",
        "train.precision=bf16", "--set", "data.validation=20",
      ],
    ])
  func bits(options: [String]) throws {
    let alone = try workspace.train(ranks: nil, output: "alone", options)
    #expect(alone.succeeded, "\(alone)")
    let steps = try #require(workspace.checkpointSteps("alone").last)
    let expected = try workspace.parameters("alone", step: steps)
    #expect(expected.hasPrefix("parameters sha256"), "\(expected)")
    let losses = try workspace.losses("alone")
    #expect(losses[losses.count - 1] < 0.8 * losses[0])
    for (ranks, threads) in [(1, 2), (2, 1), (3, 1), (4, 1)] {
      let output = "job-\(ranks)-\(threads)"
      let result = try workspace.train(
        ranks: ranks, output: output, options + ["--set", "train.threads=\(threads)"])
      #expect(result.succeeded, "\(result)")
      #expect(try workspace.parameters(output, step: steps) == expected)
      #expect(try workspace.metrics(output) == workspace.metrics("alone"))
    }
  }

  @Test("The same data in another format give the same bits")
  func formats() throws {
    let arrays = try workspace.train(ranks: 2, output: "arrays")
    let series = try workspace.train(
      ranks: 3, output: "series", ["--set", "data.directory=\(workspace.path)/series"])
    #expect(arrays.succeeded && series.succeeded, "\(series)")
    let expected = try workspace.parameters("arrays", step: 63)
    #expect(expected.hasPrefix("parameters sha256"), "\(expected)")
    #expect(try workspace.parameters("series", step: 63) == expected)
    #expect(try workspace.metrics("series") == workspace.metrics("arrays"))
  }

  @Test("The words are those of sequences, and a checkpoint is tried on sequences alone")
  func words() throws {
    let result = try workspace.train(ranks: nil, output: "run")
    #expect(
      result.standardError.contains(
        "203 training and 61 test sequences of up to 9 time steps with 3 features"), "\(result)")
    #expect(
      result.standardOutput.contains("Accuracy of the model on the test sequences: "), "\(result)")
    let checkpoint = workspace.path + "/run/best.safetensors"
    let evaluated = try workspace.lockstep(["evaluate", "--checkpoint", checkpoint])
    #expect(evaluated.standardOutput.contains("test sequences: "), "\(evaluated)")
    let predicted = try workspace.lockstep(
      ["predict", "--checkpoint", checkpoint, "--index", "3"])
    #expect(predicted.standardOutput.hasPrefix("Test sequence 3: "), "\(predicted)")
    #expect(predicted.standardOutput.split(separator: "\n").count == 5, "\(predicted)")
    let images = try workspace.lockstep(
      ["evaluate", "--checkpoint", checkpoint, "--data", workspace.path + "/data"])
    #expect(images.status == 78, "\(images)")
    #expect(
      images.standardError.contains(
        "has test images of 6 x 5 pixels, and the checkpoint is for sequences of up to 9"),
      "\(images)")
  }

  @Test("The benchmark counts the time steps that there are")
  func benchmark() throws {
    let file = workspace.path + "/bench.json"
    let result = try workspace.lockstep([
      "bench", "--config", workspace.path + "/tiny.yaml", "--steps", "20", "--warmup", "1",
      "--json", file,
    ])
    #expect(result.succeeded, "\(result)")
    let report = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: file)))
    let peak = try #require((report as? [String: Any])?["peak"] as? [String: Any])
    let operations = try #require(peak["operationsPerSample"] as? Int)
    // Nine time steps would be some 45,000.
    #expect(10_000..<30_000 ~= operations, "\(operations)")
  }

  @Test("What changes images is refused")
  func augmentation() throws {
    for (setting, words) in [
      ("augment.flip=0.5", "with 3 features, and augment.flip and augment.shift change images"),
      ("augment.mixup=0.5", "with 3 features, and augment.mixup mixes samples of one length"),
    ] {
      let result = try workspace.train(ranks: 2, output: "run", ["--set", setting])
      #expect(result.status == 78 && result.standardError.contains(words), "\(result)")
    }
  }

  @Test("A run that was ended goes on to the same bits")
  func resume() throws {
    try workspace.train(ranks: 2, output: "whole")
    try workspace.train(ranks: 2, output: "parts", ["--max-steps", "25"])
    let rest = try workspace.train(ranks: 3, output: "parts", ["--resume"])
    #expect(rest.succeeded, "\(rest)")
    #expect(try workspace.parameters("parts", step: 63) == workspace.parameters("whole", step: 63))
  }

  @Test("A sample's prediction does not depend on those beside it", arguments: ["fp32", "bf16"])
  func predictions(precision: String) throws {
    let trained = try workspace.train(ranks: nil, output: "run", ["--max-steps", "21"])
    #expect(trained.succeeded, "\(trained)")
    func rows(_ indices: [Int], ranks: Int) throws -> [Substring] {
      let output = workspace.path + "/some.csv"
      let result = try runJob(
        ranks: ranks, executable: Workspace.lockstep,
        arguments: [
          "predict", "--checkpoint", workspace.path + "/run", "--output", output, "--set",
          "train.precision=\(precision)", "--index",
        ] + indices.map(String.init))
      #expect(result.succeeded, "\(result)")
      let text = try String(contentsOfFile: output, encoding: .utf8)
      return text.split(separator: "\r\n").dropFirst().map { $0 }
    }
    let all = try rows(Array(0..<61), ranks: 1)
    #expect(all.count == 61 && Set(all).count == 61)
    #expect(try rows((0..<61).reversed(), ranks: 2) == all.reversed())
    for index in [0, 7, 60] { #expect(try rows([index], ranks: 3) == [all[index]]) }
    // The classes that the rows have are those that evaluate counts.
    let evaluated = try workspace.lockstep([
      "evaluate", "--checkpoint", workspace.path + "/run", "--set", "train.precision=\(precision)",
    ])
    let correct = all.count { $0.split(separator: ",")[1] == $0.split(separator: ",").last }
    #expect(evaluated.standardOutput.contains("(\(correct) of 61)"), "\(evaluated)")
  }
}
