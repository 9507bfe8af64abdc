import Foundation
import TestSupport
import Testing

/// Jobs on NumPy arrays of sequences of several lengths.
@Suite("Sequences of several lengths in a job")
struct SequenceTests {
  private let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    try FileManager.default.createDirectory(
      atPath: workspace.path + "/sequences", withIntermediateDirectories: true)
    try Self.writeSet(203, firstNoise: 1, to: workspace.path + "/sequences/train")
    try Self.writeSet(61, firstNoise: 77, to: workspace.path + "/sequences/test")
    try workspace.write(
      "tiny.yaml", Workspace.configuration(data: workspace.path + "/sequences"))
  }

  /// Writes sequences of 1 to 9 time steps of 3 features, whose class is the signs of the first two
  /// features, and behind each end what is no number.
  private static func writeSet(_ count: Int, firstNoise: UInt32, to path: String) throws {
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
    for (name, file) in [
      ("x", npy("<f4", [count, 9, 3], bytes(values))), ("y", npy("<i4", [count], bytes(labels))),
      ("lengths", npy("<i8", [count], bytes(lengths))),
    ] { try Data(file).write(to: URL(filePath: "\(path)-\(name).npy")) }
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

  @Test("What changes images is refused")
  func augmentation() throws {
    let result = try workspace.train(
      ranks: 2, output: "run", ["--set", "augment.flip=0.5"])
    #expect(result.status == 78, "\(result)")
    #expect(
      result.standardError.contains("has sequences of several lengths, and augment.flip"),
      "\(result)")
  }

  @Test("A run that was ended goes on to the same bits")
  func resume() throws {
    try workspace.train(ranks: 2, output: "whole")
    try workspace.train(ranks: 2, output: "parts", ["--max-steps", "25"])
    let rest = try workspace.train(ranks: 3, output: "parts", ["--resume"])
    #expect(rest.succeeded, "\(rest)")
    #expect(try workspace.parameters("parts", step: 63) == workspace.parameters("whole", step: 63))
  }
}
