import Foundation
import Safetensors
import Testing
import TestSupport

/// What steers a training: the optimizer, early ends, learning rates that go by evaluations, and the
/// parameters that it begins with.
@Suite("Control of the training")
struct ControlTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  static func settings(_ settings: String...) -> [String] { settings.flatMap { ["--set", $0] } }

  private func expectSame(_ output: String, as other: String, step: Int) throws {
    #expect(
      try workspace.parameters(output, step: step) == workspace.parameters(other, step: step))
    #expect(try workspace.metrics(output) == workspace.metrics(other), "\(output)")
  }

  @Test(
    "SGD gives the same bits with any number of ranks and after a resume, and keeps what it needs",
    arguments: [
      (["optimizer.momentum=0.9", "optimizer.nesterov=true"], ["", "sgd.momentum_buffer."]),
      ([], [""]),
    ])
  func sgd(settings: [String], prefixes: [String]) throws {
    let options =
      Self.settings("optimizer.kind=sgd", "optimizer.weightDecay=0.001", "train.clipNorm=1")
      + ["--lr", "0.2"] + settings.flatMap { ["--set", $0] }
    try workspace.train(ranks: nil, output: "alone", options)
    try workspace.train(ranks: 3, output: "run", options + ["--max-steps", "30"])
    let names = try SafetensorsFile(workspace.checkpoint("run", step: 30)).entries.map(\.name)
    let parameters = names.filter { $0.hasPrefix("lstm.") || $0.hasPrefix("fc.") }
    #expect(Set(names) == Set(prefixes.flatMap { prefix in parameters.map { prefix + $0 } }))
    let resumed = try workspace.train(
      ranks: 2, output: "run", options + ["--resume", "--threads", "2"])
    #expect(resumed.succeeded && !resumed.standardError.contains("no effect"), "\(resumed)")
    try expectSame("run", as: "alone", step: 63)
    let losses = try workspace.losses("run")
    #expect(losses.suffix(5).reduce(0, +) < losses.prefix(5).reduce(0, +), "it learns")
    // A slot is no parameter to begin with.
    let next = try workspace.train(
      ranks: nil, output: "next",
      ["--init", workspace.checkpoint("run", step: 63), "--max-steps", "1"])
    #expect(next.succeeded, "\(next)")
  }

  /// A training whose evaluations become no better, since it hardly learns.
  static let hopeless =
    settings(
      "data.validation=33", "train.earlyStopping=2", "train.earlyStoppingDelta=0.9",
      "schedule.decay=reduce-on-plateau", "schedule.patience=0", "schedule.threshold=0.9",
      "schedule.stepFactor=0.5") + ["--epochs", "9"]

  @Test("A run that becomes no better ends on all ranks after the same epoch, and says why")
  func earlyStop() throws {
    let alone = try workspace.train(ranks: nil, output: "alone", Self.hopeless)
    #expect(alone.succeeded, "\(alone)")
    // 170 samples in steps of 10. The first epoch is the best, and two others end it.
    #expect(try workspace.checkpointSteps("alone") == [17, 34, 51])
    #expect(
      alone.standardOutput.contains(
        /Epoch \[3\/9\], stopped early: for 2 epochs the validation accuracy was never more than 90.00 % above the \d+.\d\d % of epoch 1 \(train.earlyStopping: 2\)/
      ), "\(alone)")
    #expect(
      alone.standardOutput.contains(
        "Epoch [2/9], the learning rate falls from 0.01 to 0.005: no better validation accuracy for "
          + "1 epoch"), "\(alone)")
    let metrics = try workspace.metrics("alone")
    #expect(
      metrics.filter { $0["type"] != "step" }.map { "\($0["type"] ?? "") \($0["set"] ?? "")" } == [
        "evaluation validation", "evaluation validation", "learningRate ",
        "evaluation validation", "learningRate ", "evaluation test", "earlyStop ",
      ])
    let rates = metrics.filter { $0["type"] == "step" }.compactMap { $0["learningRate"] }
    #expect(Set(rates[..<34]) == ["0.01"] && Set(rates[34...]) == ["0.005"])

    for ranks in [1, 2, 4] {
      let result = try workspace.train(
        ranks: ranks, output: "np\(ranks)",
        Self.hopeless + Self.settings("evaluation.ranks=\(ranks == 2 ? "all" : "root")"))
      #expect(result.succeeded, "\(result)")
      try expectSame("np\(ranks)", as: "alone", step: 51)
    }

    // It is over, unless it is given more patience.
    for ranks in [nil, 3] {
      let again = try workspace.train(ranks: ranks, output: "alone", Self.hopeless + ["--resume"])
      #expect(again.succeeded, "\(again)")
      #expect(again.standardError.contains("no steps to do"), "\(again)")
      #expect(again.standardOutput.contains("Epoch [3/9], stopped early: "), "\(again)")
      #expect(again.standardOutput.contains("the run was stopped early; a higher"), "\(again)")
      #expect(try workspace.metrics("alone") == metrics)
    }
    let patient = Self.hopeless + Self.settings("train.earlyStopping=3")
    let more = try workspace.train(ranks: 2, output: "alone", patient + ["--resume"])
    #expect(more.succeeded && more.standardOutput.contains("Epoch [4/9], stopped"), "\(more)")
    try workspace.train(ranks: nil, output: "patient", patient)
    #expect(
      try workspace.parameters("alone", step: 68) == workspace.parameters("patient", step: 68))
    #expect(try workspace.losses("alone") == workspace.losses("patient"))
  }

  @Test("A run that is continued goes on with its counts", arguments: [17, 25, 34])
  func resumedCounts(_ step: Int) throws {
    try workspace.train(ranks: nil, output: "alone", Self.hopeless)
    try workspace.train(ranks: 2, output: "run", Self.hopeless + ["--max-steps", "\(step)"])
    let resumed = try workspace.train(ranks: 3, output: "run", Self.hopeless + ["--resume"])
    #expect(resumed.succeeded && resumed.standardOutput.contains("stopped early"), "\(resumed)")
    try expectSame("run", as: "alone", step: 51)
  }

  @Test("The best checkpoint is that of the lowest loss where the loss decides")
  func lossDecides() throws {
    let options = Self.settings("evaluation.criterion=loss") + ["--epochs", "6", "--lr", "0.05"]
    try workspace.train(ranks: 2, output: "run", options)
    let evaluations = try workspace.metrics("run").filter { $0["type"] == "evaluation" }
    let losses = evaluations.compactMap { $0["loss"].flatMap(Double.init) }
    let best = try #require(losses.indices.min { losses[$0] < losses[$1] })
    let file = try SafetensorsFile(workspace.path + "/run/best.safetensors")
    #expect(file.metadata["epoch"] == "\(best + 1)", "\(losses)")
    #expect(file.metadata["bestLoss"].flatMap(Double.init) == losses[best])
    #expect(file.metadata["bestAccuracy"] == nil)
  }

  @Test("A comparison takes runs that were stopped early")
  func comparison() throws {
    for (name, patience) in [("long", 2), ("short", 1)] {
      try workspace.write(
        "\(name).yaml",
        Workspace.configuration(data: workspace.path + "/data")
          .replacing(
            "epochs: 3", with: "epochs: 9, earlyStopping: \(patience), earlyStoppingDelta: 1"
          )
          .replacing("shards: 4", with: "shards: 4, validation: 33"))
    }
    let result = try run(
      Workspace.lockstep,
      [
        "compare", workspace.path + "/long.yaml", workspace.path + "/short.yaml", "--seeds", "2",
        "--output", workspace.path + "/both",
      ], timeout: 120)
    #expect(result.succeeded, "\(result)")
    let text = try String(contentsOfFile: workspace.path + "/both/comparison.json", encoding: .utf8)
    #expect(text.contains("\"epoch\"") && !text.contains("nan"), "\(text)")
  }

  @Test("A model of other classes begins with what fits, and draws the rest")
  func partialParameters() throws {
    let first = Self.settings("data.classes=9")
    let begun = try workspace.train(ranks: nil, output: "first", first + ["--max-steps", "4"])
    #expect(begun.succeeded, "\(begun)")
    let file = workspace.checkpoint("first", step: 4)
    let whole = try workspace.train(ranks: 2, output: "whole", ["--init", file])
    #expect(whole.status == 78 && whole.standardError.contains("has 9 classes"), "\(whole)")
    let options = ["--init", file, "--init-partial", "--max-steps", "2"]
    let alone = try workspace.train(ranks: nil, output: "alone", options)
    #expect(alone.succeeded, "\(alone)")
    #expect(
      alone.standardError.contains(
        "8 of 10 parameter tensors come from \(file): lstm.weight_ih_l1, "), "\(alone)")
    #expect(
      alone.standardError.contains(
        "the others are drawn: fc.weight ([4, 8], and [9, 8] in the file), fc.bias ([4], and [9] in "
          + "the file)"), "\(alone)")
    let result = try workspace.train(ranks: 4, output: "four", options)
    #expect(result.succeeded, "\(result)")
    try expectSame("four", as: "alone", step: 2)

    let nothing = try workspace.train(
      ranks: 2, output: "nothing", options + ["--hidden", "9", "--layers", "1"])
    #expect(nothing.status == 78, "\(nothing)")
    #expect(nothing.standardError.contains("so there is nothing to begin with"), "\(nothing)")
    let bias = try workspace.train(
      ranks: nil, output: "bias", first + options + ["--hidden", "9"])
    #expect(bias.status == 78 && bias.standardError.contains("model.hidden to 8"), "\(bias)")
    let alien = try workspace.train(ranks: nil, output: "alien", ["--init-partial"])
    #expect(alien.status == 64 && alien.standardError.contains("name it with --init"), "\(alien)")
  }

  @Test("An option for a key is the same as --set of the key", arguments: ["train", "bench"])
  func keyOptions(_ command: String) throws {
    for (option, value, key) in [
      ("--lr", "0.02", "optimizer.learningRate"), ("--hidden", "9", "model.hidden"),
      ("--layers", "1", "model.layers"), ("--batch-size", "12", "train.batch"),
      ("--threads", "2", "train.threads"), ("--epochs", "2", "train.epochs"),
      ("--seed", "7", "train.seed"), ("--batch", "12", "train.batch"),
    ] where command == "train" {
      let (short, long) = ("short\(option)", "long\(option)")
      try workspace.train(ranks: nil, output: short, [option, value, "--max-steps", "1"])
      try workspace.train(
        ranks: nil, output: long, ["--set", "\(key)=\(value)", "--max-steps", "1"])
      let files = try [short, long].map {
        try String(contentsOfFile: workspace.path + "/\($0)/configuration.yaml", encoding: .utf8)
      }
      let name = key.split(separator: ".")[1]
      #expect(files[0] == files[1] && files[0].contains("  \(name): \(value)\n"), "\(option)")
    }
    for (arguments, message) in [
      (["--lr", "x"], "lockstep: --lr x: optimizer.learningRate is 'x'"),
      (["--hidden", "0"], "lockstep: --hidden 0: model.hidden is 0; expected"),
      (["--layers", "-1"], "lockstep: --layers -1: model.layers is -1; expected"),
      (["--threads", "many"], "lockstep: --threads many: train.threads is 'many'"),
      (["--batch-size", "3"], "lockstep: --batch-size 3: train.batch is 3"),
      (["--lr", "--hidden", "9"], "--lr has no value before --hidden"),
      (["--batch-size", "8", "--batch", "9"], "--batch and --batch-size are the same"),
    ] {
      let result = try workspace.lockstep(
        [command, "--config", workspace.path + "/tiny.yaml"] + arguments)
      #expect(result.status == 64 && result.standardError.contains(message), "\(result)")
    }
  }
}
