import Configuration
import Datasets
import Foundation
import Safetensors
import Testing
import TestSupport

/// Held-out samples, changed images, averaged parameters and gradients in several passes.
@Suite("Recipes")
struct RecipeTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  static let everything = settings([
    "data.validation=33", "augment.flip=0.5", "augment.shift=1", "augment.mixup=0.4",
    "averaging.decay=0.9", "train.accumulation=2", "train.labelSmoothing=0.05",
    "schedule.decay=cosine",
    "optimizer.kind=adamw", "optimizer.weightDecay=0.05",
  ])

  static func settings(_ settings: [String]) -> [String] {
    settings.flatMap { ["--set", $0] }
  }

  /// The digests of all tensors of a checkpoint, those beside the parameters included.
  private func tensors(_ path: String) throws -> [String: [Float]] {
    let file = try SafetensorsFile(path)
    return try Dictionary(
      uniqueKeysWithValues: file.entries.map { entry in
        var values = [Float](repeating: 0, count: entry.shape.reduce(1, *))
        var span = values.mutableSpan
        try file.readFloats(named: entry.name, into: &span)
        return (entry.name, values)
      })
  }

  @Test(
    "With everything on, any number of ranks and threads gives the same bits, also after a resume",
    arguments: ["fp32", "bf16"])
  func sameBits(_ precision: String) throws {
    let options = Self.everything + ["--set", "train.precision=\(precision)"]
    // 170 samples in steps of 10.
    let alone = try workspace.train(ranks: nil, output: "alone", options)
    #expect(alone.succeeded, "\(alone)")
    let expected = try tensors(workspace.checkpoint("alone", step: 51))
    #expect(expected.keys.contains("raw.fc.weight") && expected.keys.contains("fc.weight"))
    #expect(expected["raw.fc.weight"] != expected["fc.weight"])
    let metrics = try workspace.metrics("alone")
    #expect(metrics.count == 51 + 3 + 1)
    let best = try workspace.lockstep(["inspect", workspace.path + "/alone/best.safetensors"])

    func check(_ name: String) throws {
      #expect(try tensors(workspace.checkpoint(name, step: 51)) == expected, "\(name)")
      #expect(try workspace.metrics(name) == metrics, "\(name)")
      let its = try workspace.lockstep(["inspect", workspace.path + "/\(name)/best.safetensors"])
      #expect(
        its.standardOutput.split(separator: "\n").last
          == best.standardOutput.split(separator: "\n").last, "\(name)")
    }
    for (ranks, threads) in [(1, 2), (2, 1), (3, 2), (4, 1)] {
      let name = "np\(ranks)x\(threads)"
      let result = try workspace.train(
        ranks: ranks, output: name,
        options + Self.settings(["train.threads=\(threads)", "evaluation.ranks=all"]))
      #expect(result.succeeded, "\(result)")
      try check(name)
    }
    // In the middle of the second epoch, and at its end.
    for (before, after, step) in [(3, 2, 20), (1, 4, 34)] {
      let name = "resumed\(step)"
      try workspace.train(ranks: before, output: name, options + ["--max-steps", "\(step)"])
      let result = try workspace.train(ranks: after, output: name, options + ["--resume"])
      #expect(result.succeeded, "\(result)")
      try check(name)
    }
  }

  @Test("Held-out samples are evaluated and not learned from; the test set waits for the end")
  func validation() throws {
    let options = Self.settings(["data.validation=33", "augment.mixup=0.4"])
    let result = try workspace.train(ranks: 2, output: "run", options)
    #expect(result.standardError.contains("170 training, 33 validation and 61 test images"))
    let lines = result.standardOutput.split(separator: "\n")
    #expect(lines.filter { $0.contains("Validation accuracy: ") }.count == 3, "\(result)")
    #expect(lines.filter { $0.contains("Test accuracy: ") }.count == 1, "\(result)")
    let last = try #require(
      lines.last?.wholeMatch(of: /Accuracy of the model on the test images: (\d+\.\d\d) %/))
    let evaluated = try workspace.lockstep(
      ["evaluate", "--checkpoint", workspace.checkpoint("run", step: 51)])
    #expect(evaluated.standardOutput.contains("images: \(last.1) % ("), "\(evaluated)")
    let metrics = try workspace.metrics("run")
    let evaluations = metrics.filter { $0["type"] == "evaluation" }
    #expect(evaluations.map { $0["set"] } == ["validation", "validation", "validation", "test"])
    #expect(evaluations.map { $0["samples"] } == ["33", "33", "33", "61"])

    // Nothing but the figure of a set changes where only its images do.
    try blacken("train", count: Workspace.trainingCount) { holdOut, index in
      holdOut.place(ofSample: index).isHeldOut
    }
    try workspace.train(ranks: 2, output: "blackened", options)
    let others = try workspace.metrics("blackened")
    let kept = { (records: [[String: String]]) in records.filter { $0["set"] != "validation" } }
    #expect(kept(others) == kept(metrics) && others != metrics)

    try blacken("t10k", count: Workspace.testCount) { _, _ in true }
    try workspace.train(ranks: 2, output: "untested", options)
    let untested = try workspace.metrics("untested")
    #expect(untested.filter { $0["set"] != "test" } == others.filter { $0["set"] != "test" })
    #expect(untested != others)

    // What is learned from does change the losses, of which there is one a step.
    try blacken("train", count: Workspace.trainingCount) { holdOut, index in
      holdOut.place(ofSample: index) == (false, 0)
    }
    try workspace.train(ranks: 2, output: "other", options)
    #expect(try workspace.losses("other") != workspace.losses("run"))
  }

  /// Sets the images of some samples to zeros.
  private func blacken(
    _ set: String, count: Int, _ isChosen: (HoldOut, Int) -> Bool
  ) throws {
    let url = URL(filePath: workspace.path + "/data/\(set)-images-idx3-ubyte")
    var bytes = [UInt8](try Data(contentsOf: url))
    let size = (bytes.count - 16) / count
    let holdOut = try HoldOut(sampleCount: count, heldOut: 33)
    for index in 0..<count where isChosen(holdOut, index) {
      for byte in 16 + index * size..<16 + (index + 1) * size { bytes[byte] = 0 }
    }
    try Data(bytes).write(to: url)
  }

  @Test("Mirrored, moved and mixed images change what is learned, and not the first epoch's alone")
  func augmentation() throws {
    try workspace.train(ranks: nil, output: "plain", ["--no-shuffle"])
    for setting in ["augment.flip=0.5", "augment.shift=1", "augment.mixup=0.2"] {
      let result = try workspace.train(
        ranks: 2, output: setting, ["--no-shuffle", "--set", setting])
      #expect(result.succeeded, "\(result)")
      let (losses, plain) = (try workspace.losses(setting), try workspace.losses("plain"))
      #expect(losses.count == plain.count && losses[0] != plain[0])
    }
  }

  @Test("The gradient of several passes is that of the whole batch", arguments: [2, 3])
  func accumulation(_ passes: Int) throws {
    try workspace.train(ranks: 2, output: "whole")
    let result = try workspace.train(
      ranks: 3, output: "passes", ["--set", "train.accumulation=\(passes)"])
    #expect(result.succeeded, "\(result)")
    let steps = try ["whole", "passes"].map { name in
      try workspace.metrics(name).filter { $0["type"] == "step" }
    }
    #expect(steps[0].count == 63 && steps[1].count == 63)
    // Rounding differs, and grows from step to step.
    for key in ["loss", "gradientNorm"] {
      for (step, (whole, parts)) in zip(steps[0], steps[1]).enumerated() {
        let (a, b) = (Double(whole[key] ?? "") ?? 0, Double(parts[key] ?? "") ?? -1)
        #expect(abs(a - b) <= (step < 3 ? 2e-6 : 2e-3) * a, "\(key) of step \(step): \(a), \(b)")
      }
    }
    #expect(try workspace.parameters("whole", step: 63) != workspace.parameters("passes", step: 63))
  }

  @Test("The average is that of PyTorch's formula, is what is evaluated, and changes no step")
  func averaging() throws {
    let options = [
      "--epochs", "1", "--set", "checkpoint.everySteps=1", "--set", "checkpoint.keep=30",
    ]
    let decay: Float = 0.75
    try workspace.train(
      ranks: 2, output: "averaged", options + ["--set", "averaging.decay=\(decay)"])
    try workspace.train(ranks: 2, output: "plain", options)
    #expect(try workspace.losses("averaged") == workspace.losses("plain"))
    var expected: [String: [Float]] = [:]
    for step in 1...21 {
      let all = try tensors(workspace.checkpoint("averaged", step: step))
      for (name, parameters) in try tensors(workspace.checkpoint("plain", step: step))
      where !name.hasPrefix("adam.") {
        #expect(all["raw." + name] == parameters)
        // AveragedModel's first update takes the parameters as they are.
        let before = expected[name] ?? parameters
        let average = zip(before, parameters).map { $0 + (1 - decay) * ($1 - $0) }
        expected[name] = average
        #expect(all[name] == average, "\(name) after step \(step)")
      }
    }
    let figure = try #require(try workspace.metrics("averaged").last)
    let evaluated = try workspace.lockstep(
      ["evaluate", "--checkpoint", workspace.checkpoint("averaged", step: 21)])
    #expect(evaluated.standardOutput.contains("(\(figure["correct"] ?? "") of 61)"), "\(evaluated)")
    #expect(try workspace.metrics("plain").last?["loss"] != figure["loss"])
    // A run starts from the averaged parameters of another one.
    let next = try workspace.train(
      ranks: nil, output: "next",
      ["--init", workspace.checkpoint("averaged", step: 21), "--max-steps", "1"])
    #expect(next.succeeded, "\(next)")
  }

  @Test("A run resumes with another value of those keys alone that change nothing")
  func everyKey() throws {
    let others = [
      "data.shards": "3", "data.validation": "5", "model.cell": "gru", "model.hidden": "9",
      "data.classes": "[north-west, north-east, south-west, elsewhere]", "model.layers": "1",
      "model.bidirectional": "true", "model.dropout": "0.5", "model.readout": "final",
      "model.initializer": "keras", "train.batch": "20", "train.accumulation": "2",
      "train.baseBatch": "12", "optimizer.scaling": "linear", "schedule.warmupEpochs": "0.5",
      "train.seed": "6", "train.precision": "bf16", "train.clipNorm": "3",
      "train.labelSmoothing": "0.1", "augment.flip": "0.5", "augment.shift": "1",
      "augment.mixup": "0.2", "optimizer.kind": "adamw", "optimizer.learningRate": "0.02",
      "optimizer.beta1": "0.8", "optimizer.beta2": "0.9", "optimizer.epsilon": "1e-7",
      "optimizer.weightDecay": "0.1",
      "schedule.decay": "step", "schedule.warmupSteps": "3", "schedule.floor": "0.1",
      "schedule.stepEpochs": "2", "schedule.stepFactor": "0.5", "averaging.decay": "0.5",
      "reduction.order": "native", "reduction.wire": "bf16", "optimizer.momentum": "0.5",
      "optimizer.nesterov": "true", "train.earlyStoppingDelta": "0.1", "schedule.patience": "3",
      "schedule.threshold": "0.1", "evaluation.criterion": "loss", "data.normalize": "standard",
      "data.missing": "zero", "data.order": "pixels", "train.classWeights": "balanced",
    ]
    let free = [
      "train.epochs": "2", "train.threads": "2", "train.verifyEvery": "3", "log.every": "7",
      "train.recompute": "always",
      "train.stallSeconds": "50", "train.stallAbortSeconds": "250", "evaluation.ranks": "all",
      "checkpoint.everySteps": "9", "checkpoint.keep": "2", "checkpoint.onFailure": "continue",
      "log.trace": "1", "log.to": "[metrics, console]", "train.earlyStopping": "1",
      "data.directory": workspace.path + "/moved", "data.format": "idx",
    ]
    try FileManager.default.copyItem(
      atPath: workspace.path + "/data", toPath: workspace.path + "/moved")
    let values = try Configuration(file: workspace.path + "/tiny.yaml").yaml
      .split(separator: "\n").filter { $0.hasPrefix("  ") && $0.contains(":") }
    #expect(values.count == others.count + free.count, "every key is tried")
    // Without a base batch no scaling is allowed, and no early stopping without held-out samples.
    try workspace.train(
      ranks: nil, output: "run",
      ["--max-steps", "2", "--set", "train.baseBatch=10", "--set", "data.validation=33"])
    for (key, value) in others {
      let result = try workspace.train(
        ranks: nil, output: "run", ["--resume", "--max-steps", "3", "--set", "\(key)=\(value)"])
      #expect(result.status == 78, "\(result)")
      #expect(result.standardError.contains("was written with \(key) "), "\(result)")
    }
    let result = try workspace.train(
      ranks: nil, output: "run",
      ["--resume", "--max-steps", "3"] + free.flatMap { ["--set", "\($0.key)=\($0.value)"] })
    #expect(result.succeeded && result.standardError.contains("after step 2"), "\(result)")
  }

  @Test("A run does not resume under another recipe, which is named")
  func anotherRecipe() throws {
    try workspace.train(ranks: nil, output: "run", Self.everything + ["--max-steps", "2"])
    for (setting, message) in [
      ("data.validation=32", "data.validation 33, and now it is 32"),
      ("augment.flip=0.4", "augment.flip 0.5, and now it is 0.4"),
      ("augment.shift=0", "augment.shift 1, and now it is 0"),
      ("augment.mixup=0.3", "augment.mixup 0.4, and now it is 0.3"),
      ("averaging.decay=0", "averaging.decay 0.9, and now it is 0"),
      ("train.accumulation=1", "train.accumulation 2, and now it is 1"),
    ] {
      let result = try workspace.train(
        ranks: 2, output: "run", Self.everything + ["--resume", "--set", setting])
      #expect(result.status == 78 && result.standardError.contains(message), "\(result)")
    }
  }
}
