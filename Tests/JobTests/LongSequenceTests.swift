import Foundation
import TestSupport
import Testing

/// Jobs on sequences of several segments of time steps.
@Suite("Long sequences in a job")
struct LongSequenceTests {
  private let workspace: Workspace

  init() throws { workspace = try Workspace() }

  /// Writes arrays of sequences of 2 features, whose class is the sign of the first one's mean, and
  /// a configuration.
  private func write(steps: Int, lengthsDiffer: Bool, shards: Int, _ configuration: String) throws {
    let folder = workspace.path + "/long"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var noise: UInt32 = 5
    func next() -> Float {
      noise = noise &* 1_664_525 &+ 1_013_904_223
      return Float(noise >> 8) / 0x1p24
    }
    for (part, count) in [("train", 43), ("test", 12)] {
      var (values, lengths) = ([Float](), [Int64]())
      for index in 0..<count {
        lengths.append(lengthsDiffer ? 1 + Int64(next() * Float(steps)) : Int64(steps))
        for _ in 0..<steps { values += [next() - (index % 2 == 0 ? 0.4 : 0.6), next()] }
      }
      var files = [
        ("x", npy("<f4", [count, steps, 2], bytes(values))),
        ("y", npy("<i4", [count], bytes((0..<count).map { Int32($0 % 2) }))),
      ]
      if lengthsDiffer { files.append(("lengths", npy("<i8", [count], bytes(lengths)))) }
      for (name, file) in files {
        try Data(file).write(to: URL(filePath: "\(folder)/\(part)-\(name).npy"))
      }
    }
    try workspace.write(
      "tiny.yaml",
      """
      data: {directory: \(folder), classes: [down, up], shards: \(shards)}
      optimizer: {learningRate: 0.01}
      \(configuration)
      """)
  }

  @Test(
    "States that are computed again change no bit, with any number of ranks and threads",
    arguments: [
      ["--set", "model.cell=gru", "--set", "model.dropout=0.3", "--set", "train.accumulation=2"],
      [
        "--set", "model.bidirectional=true", "--set", "model.readout=mean", "--set",
        "train.precision=bf16",
      ],
      [
        "--set", "model.cell=peephole", "--set", "model.bidirectional=true", "--set",
        "model.dropout=0.3",
      ],
    ])
  func bits(options: [String]) throws {
    try write(
      steps: 150, lengthsDiffer: true, shards: 4,
      """
      model: {hidden: 8, layers: 2}
      train: {epochs: 2, batch: 22, seed: 5, threads: 1}
      """)
    let kept = try workspace.train(
      ranks: nil, output: "kept", options + ["--set", "train.recompute=never"])
    #expect(kept.succeeded, "\(kept)")
    let expected = try workspace.parameters("kept", step: 4)
    #expect(expected.hasPrefix("parameters sha256"), "\(expected)")
    for (ranks, threads) in [(1, 2), (3, 1)] {
      let output = "job-\(ranks)"
      let result = try workspace.train(
        ranks: ranks, output: output,
        options + ["--set", "train.recompute=always", "--set", "train.threads=\(threads)"])
      #expect(result.succeeded, "\(result)")
      #expect(try workspace.parameters(output, step: 4) == expected)
      #expect(try workspace.metrics(output) == workspace.metrics("kept"))
    }
  }

  @Test("Where the states of all time steps do not fit, a job says that it computes them again")
  func auto() throws {
    try write(
      steps: 1500, lengthsDiffer: false, shards: 1,
      """
      model: {hidden: 64, layers: 1}
      train: {epochs: 1, batch: 43, threads: 1}
      """)
    // The states of all take 115 MB.
    func limited(_ output: String, _ recompute: String) throws -> JobResult {
      try TestSupport.run(
        "/bin/bash",
        [
          "-c", "ulimit -d \(150 * 1024); exec \"$@\"", "bash", Workspace.lockstep, "train",
          "--config", workspace.path + "/tiny.yaml", "--output", workspace.path + "/" + output,
          "--set", "train.recompute=\(recompute)",
        ], environment: ["OMPI_MCA_btl": "self"])
    }
    let refused = try limited("refused", "never")
    #expect([1, 78].contains(refused.status), "\(refused)")
    #expect(
      refused.standardError.contains(/training takes .* ulimit -d .*set train.recompute: auto/),
      "\(refused)")
    let again = try limited("again", "auto")
    #expect(again.succeeded, "\(again)")
    #expect(
      again.standardError.contains(
        /where all states are kept, the training takes \d+ MiB for 1 rank, .*train.recompute/),
      "\(again)")
    let kept = try workspace.train(ranks: nil, output: "kept")
    #expect(kept.succeeded && !kept.standardError.contains("train.recompute"), "\(kept)")
    #expect(try workspace.parameters("again", step: 1) == workspace.parameters("kept", step: 1))
    #expect(try workspace.metrics("again") == workspace.metrics("kept"))
  }
}
