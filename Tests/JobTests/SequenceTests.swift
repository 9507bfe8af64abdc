import Foundation
import TestSupport
import Testing

/// Jobs on NumPy arrays of sequences of several lengths.
@Suite("Sequences of several lengths in a job")
struct SequenceTests {
  private let workspace: Workspace

  init() throws { workspace = try SignSequences.workspace() }

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
    let samples = workspace.path + "/sequences/test-x.npy"
    let bare = workspace.path + "/bare.npy"
    try Data(npy("<f4", [1, 9, 3], bytes([Float](repeating: 0.5, count: 27))))
      .write(to: URL(filePath: bare))
    for (file, isWarned) in [(samples, false), (bare, true)] {
      let result = try workspace.lockstep(["predict", "--checkpoint", checkpoint, "--data", file])
      #expect(result.succeeded, "\(result)")
      #expect(result.standardError.contains("has no lengths with it") == isWarned, "\(result)")
    }
    // The same samples under other labels, which are texts.
    let names = ["north", "south", "east", "west"]
    let texts = (0..<61).flatMap { index in
      bytes(names[index % 4].unicodeScalars.map(\.value) + (names[index % 4].count < 5 ? [0] : []))
    }
    try Data(npy("<U5", [61], texts)).write(
      to: URL(filePath: workspace.path + "/sequences/test-y.npy"))
    let labels = try workspace.lockstep(
      ["evaluate", "--checkpoint", checkpoint, "--data", workspace.path + "/sequences"])
    #expect(
      labels.standardError.contains(
        "has label \"north\" at index 0, and the checkpoint is for 4 classes, which have the labels "
          + "from 0 to 3 or the names north-west, north-east, south-west, south-east;"), "\(labels)"
    )
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

  @Test("With normalization, missing numbers and weights of classes, too")
  func features() throws {
    // The classes have 3, 2, 1 and 1 of seven samples, and every ninth number is missing.
    try SignSequences.writeSet("train", 203, firstNoise: 1, to: workspace.path, isUneven: true)
    try SignSequences.writeSet("test", 61, firstNoise: 77, to: workspace.path, isUneven: true)
    let refused = try workspace.train(ranks: 2, output: "refused")
    #expect(refused.status == 78 && refused.standardError.contains("data.missing"), "\(refused)")
    let options = [
      "--set", "data.missing=previous", "--set", "train.classWeights=balanced", "--set",
      "data.normalize=standard", "--set", "data.validation=20",
    ]
    let alone = try workspace.train(ranks: nil, output: "alone", options)
    #expect(alone.succeeded, "\(alone)")
    #expect(alone.standardOutput.contains(" %, balanced accuracy: "), "\(alone)")
    let step = try #require(workspace.checkpointSteps("alone").last)
    let expected = try workspace.parameters("alone", step: step)
    #expect(try workspace.losses("alone").last ?? 9 < 0.8 * workspace.losses("alone")[0])
    for (ranks, settings) in [
      (2, ["--set", "train.threads=2"]), (3, ["--set", "evaluation.ranks=all"]),
    ] {
      let output = "job-\(ranks)"
      let result = try workspace.train(ranks: ranks, output: output, options + settings)
      #expect(result.succeeded, "\(result)")
      #expect(try workspace.parameters(output, step: step) == expected)
      #expect(try workspace.metrics(output) == workspace.metrics("alone"))
    }
    let series = try workspace.train(
      ranks: 2, output: "series", options + ["--set", "data.directory=\(workspace.path)/series"])
    #expect(series.succeeded, "\(series)")
    #expect(try workspace.parameters("series", step: step) == expected)

    // The checkpoint has the means and deviations: with other test samples they stay the same.
    let last = alone.standardOutput.split(separator: "\n").last ?? ""
    let checkpoint = String(format: "/alone/checkpoints/step-%08d.safetensors", step)
    let evaluated = try workspace.lockstep([
      "evaluate", "--checkpoint", workspace.path + checkpoint,
    ])
    let figure = try #require(last.split(separator: ": ").last)
    #expect(evaluated.standardOutput.contains(figure), "\(evaluated) \(alone)")

    for (setting, words) in [
      (
        "train.classWeights=[1, 2]",
        "is a list of 2 numbers; expected one for each of the 4 classes"
      ),
      ("train.classWeights=[1, 2, 0, 1]", "numbers from 0.000001 to 1000000"),
      ("train.classWeights=heavy", "expected none, balanced, or a list of numbers"),
      ("data.normalize=always", "expected one of none, standard, sample"),
      ("data.order=pixels", "for data.order: pixels"),
    ] {
      let result = try workspace.train(ranks: 2, output: "run", options + ["--set", setting])
      #expect(result.status == 78 || result.status == 64, "\(result)")
      #expect(result.standardError.contains(words), "\(result)")
    }
  }

  @Test("Weights of classes that are all 1 change nothing, and a class without samples has none")
  func weights() throws {
    try workspace.train(ranks: 2, output: "none", ["--max-steps", "5"])
    let ones = try workspace.train(
      ranks: 3, output: "ones", ["--max-steps", "5", "--set", "train.classWeights=[1, 1, 1, 1]"])
    #expect(ones.succeeded, "\(ones)")
    #expect(try workspace.losses("ones") == workspace.losses("none"))
    #expect(try workspace.parameters("ones", step: 5) == workspace.parameters("none", step: 5))
    let empty = try workspace.train(
      ranks: 2, output: "empty",
      ["--set", "train.classWeights=balanced", "--set", "data.classes=[a, b, c, d, nowhere]"])
    #expect(empty.status == 78 && empty.standardError.contains("'nowhere' (label 4)"), "\(empty)")
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
