import Foundation
import Safetensors
import TestSupport
import Testing

/// Predictions and evaluations where numbers are normalized and some are missing.
@Suite("Predictions of normalized features")
struct NormalizedPredictionTests {
  private let workspace: Workspace
  private var run: String { workspace.path + "/run" }

  init() throws {
    workspace = try Workspace()
    for folder in ["/sequences", "/series", "/archive", "/even-arrays", "/even-idx"] {
      try FileManager.default.createDirectory(
        atPath: workspace.path + folder, withIntermediateDirectories: true)
    }
    let training = try SignSequences.writeSet(
      "train", 203, firstNoise: 1, to: workspace.path, isUneven: true)
    let test = try SignSequences.writeSet(
      "test", 61, firstNoise: 77, to: workspace.path, isUneven: true)
    for (name, members) in [
      ("signs", training.members + test.members),
      (
        "bare",
        test.members.map { ($0.name.replacing("test-", with: ""), $0.bytes) }
          .filter { $0.0 != "y.npy" }
      ),
    ] {
      try Data(zipArchive(members)).write(
        to: URL(filePath: "\(workspace.path)/archive/\(name).npz"))
    }
    try workspace.write(
      "tiny.yaml", Workspace.configuration(data: workspace.path + "/sequences"))
    let trained = try workspace.train(
      ranks: 2, output: "run", ["--max-steps", "21"] + Self.preparation)
    #expect(trained.succeeded, "\(trained)")
  }

  private static let preparation = [
    "--set", "data.missing=previous", "--set", "data.normalize=standard",
  ]

  /// The lines of the predictions by a model.
  private func predict(
    _ checkpoint: String, _ arguments: [String] = [], ranks: Int = 1
  ) throws -> [Substring] {
    let output = workspace.path + "/out.csv"
    let result = try runJob(
      ranks: ranks, executable: Workspace.lockstep,
      arguments: ["predict", "--checkpoint", checkpoint, "--output", output] + arguments)
    #expect(result.succeeded, "\(result)")
    return try String(contentsOfFile: output, encoding: .utf8).split(separator: "\r\n")
  }

  @Test("They are those of the training set's scale, from any format and at any number of ranks")
  func formats() throws {
    let expected = try predict(run)
    #expect(expected.count == 62 && Set(expected).count == 62)
    for data in ["/series", "/series/Signs_TEST.ts", "/archive/signs.npz", "/sequences/test-x.npy"]
    {
      #expect(try predict(run, ["--data", workspace.path + data], ranks: 2) == expected, "\(data)")
    }
    // A sample alone has another mean.
    #expect(try predict(run, ["--index", "5"], ranks: 2)[1] == expected[6])
    let bare = try predict(run, ["--data", workspace.path + "/archive/bare.npz"], ranks: 3)
    #expect(bare == expected.map { $0[..<($0.lastIndex(of: ",") ?? $0.endIndex)] })
    for setting in ["data.normalize=none", "data.normalize=sample"] {
      let other = try workspace.lockstep(["evaluate", "--checkpoint", run, "--set", setting])
      #expect(other.status == 78, "\(other)")
      #expect(other.standardError.contains("which changes data.normalize; leave"), "\(other)")
    }

    let correct = expected.count { $0.split(separator: ",")[1] == $0.split(separator: ",").last }
    let evaluated = try workspace.lockstep(["evaluate", "--checkpoint", run])
    #expect(evaluated.standardOutput.contains("(\(correct) of 61)"), "\(evaluated)")
    let lines = evaluated.standardOutput.split(separator: "\n")
    #expect(lines[2].hasPrefix("Balanced accuracy: "), "\(evaluated)")
    #expect(lines.contains { $0.hasPrefix("south-east") } && lines.last?.hasPrefix("3 ") == true)
  }

  @Test("Parameters alone need the means and deviations beside them, of as many features")
  func parameters() throws {
    let checkpoint = try SafetensorsFile(workspace.checkpoint("run", step: 21))
    let path = workspace.path + "/torch.safetensors"
    func write(_ names: [String], cut: Int = 0) throws {
      var writer = try SafetensorsWriter(
        to: path,
        tensors: names.map { name in
          let shape = checkpoint.entry(named: name)?.shape ?? []
          return TensorDescription(
            name: name, shape: name.hasPrefix("features.") ? [shape[0] - cut] : shape)
        }, metadata: [:])
      for name in names {
        let values = try checkpoint.floats(named: name)
        let kept = name.hasPrefix("features.") ? Array(values.dropLast(cut)) : values
        try writer.append(kept.span)
      }
      try writer.finish()
    }
    let names = checkpoint.names.filter { !$0.hasPrefix("adam.") }
    let options = ["--config", workspace.path + "/tiny.yaml"] + Self.preparation
    try write(names)
    #expect(names.contains("features.mean"))
    #expect(try predict(path, options, ranks: 2) == predict(run))
    for (kept, cut, words) in [
      (names.filter { !$0.hasPrefix("features.") }, 0, "no tensor features.mean"),
      (names, 1, "the samples have 3 features"),
    ] {
      try write(kept, cut: cut)
      for ranks in [1, 2] {
        let refused = try runJob(
          ranks: ranks, executable: Workspace.lockstep,
          arguments: ["predict", "--checkpoint", path, "--output", workspace.path + "/no.csv"]
            + options)
        #expect(refused.status == 78 && refused.standardError.contains(words), "\(refused)")
      }
    }
    let plain = try workspace.train(
      ranks: nil, output: "plain", ["--max-steps", "3", "--set", "data.missing=zero"])
    #expect(plain.succeeded, "\(plain)")
    let without = try workspace.lockstep([
      "evaluate", "--checkpoint", workspace.path + "/plain", "--set", "data.normalize=standard",
    ])
    #expect(without.status == 78, "\(without)")
    #expect(without.standardError.contains("which changes data.normalize; leave"), "\(without)")
  }

  @Test("A training starts from the parameters of a checkpoint that has means and deviations")
  func start() throws {
    let result = try workspace.train(
      ranks: 2, output: "again",
      ["--max-steps", "1", "--init", workspace.checkpoint("run", step: 21)] + Self.preparation)
    #expect(result.succeeded, "\(result)")
  }

  @Test("Samples are not written over, and outputs that are no numbers are no predictions")
  func refusals() throws {
    let path = workspace.path + "/huge.npy"
    let huge = Data(npy("<f4", [2, 9, 3], bytes([Float](repeating: 3e38, count: 54))))
    try huge.write(to: URL(filePath: path))
    for (output, status, words) in [
      ("/huge.npy", 64, "which is read; name another file"),
      ("/out.csv", 1, "for sample 0 are beyond what a float holds"),
    ] as [(String, Int32, String)] {
      for ranks in [1, 2] {
        let result = try runJob(
          ranks: ranks, executable: Workspace.lockstep,
          arguments: [
            "predict", "--checkpoint", run, "--data", path, "--output", workspace.path + output,
          ])
        #expect(result.status == status && result.standardError.contains(words), "\(result)")
      }
    }
    #expect(try Data(contentsOf: URL(filePath: path)) == huge)
    #expect(!FileManager.default.fileExists(atPath: workspace.path + "/out.csv"))
    try Data(npy("|u1", [2], [0, 1])).write(to: URL(filePath: workspace.path + "/huge-y.npy"))
    let evaluated = try workspace.lockstep(["evaluate", "--checkpoint", run, "--data", path])
    #expect(
      evaluated.status == 1 && evaluated.standardError.contains("is not a number"), "\(evaluated)")
  }
}
