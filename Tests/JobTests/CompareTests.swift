import Foundation
import Reports
import Testing
import TestSupport

/// `lockstep compare`, on a data set of a few images.
@Suite("Comparisons")
struct CompareTests {
  let workspace: Workspace

  init() throws {
    workspace = try Workspace()
    let text = Workspace.configuration(data: workspace.path + "/data")
    try workspace.write("wide.yaml", text.replacingOccurrences(of: "hidden: 8", with: "hidden: 12"))
  }

  private func arguments(_ output: String, _ more: [String]) -> [String] {
    let path = workspace.path
    return ["compare", "\(path)/tiny.yaml", "\(path)/wide.yaml", "--output", "\(path)/\(output)"]
      + more
  }

  private func compare(
    ranks: Int?, output: String = "out", _ more: [String] = []
  ) throws -> JobResult {
    let all = arguments(output, more)
    guard let ranks else { return try workspace.lockstep(all) }
    return try runJob(ranks: ranks, executable: Workspace.lockstep, arguments: all, timeout: 60)
  }

  /// The figures without times, ranks and files, which differ from job to job.
  private func figures(_ output: String) throws -> String {
    func timeless(_ value: Any) -> Any {
      if let list = value as? [Any] { return list.map(timeless) }
      guard let object = value as? [String: Any] else { return value }
      let left = object.filter {
        !["seconds", "samplesPerSecond", "machine", "origin", "file"].contains($0.key)
      }
      return left.mapValues(timeless)
    }
    let data = try Data(contentsOf: URL(filePath: workspace.path + "/\(output)/comparison.json"))
    let object = timeless(try JSONSerialization.jsonObject(with: data))
    return String(
      decoding: try JSONSerialization.data(withJSONObject: object, options: .sortedKeys),
      as: UTF8.self)
  }

  @Test("Any number of ranks gives the same figures, which are those of lockstep train")
  func sameFigures() throws {
    let alone = try compare(ranks: nil, output: "alone", ["--seeds", "2"])
    #expect(alone.succeeded, "\(alone)")
    for text in ["tiny ", "wide ", " ± ", "noise", "alone/comparison.html"] {
      #expect(alone.standardOutput.contains(text), "\(text) in \(alone)")
    }
    let expected = try figures("alone")
    for ranks in [1, 2, 3] {
      let result = try compare(
        ranks: ranks, output: "np\(ranks)", ["--seeds", "2"])
      #expect(result.succeeded, "\(result)")
      #expect(try figures("np\(ranks)") == expected)
    }
    try workspace.train(ranks: 2, output: "run", ["--seed", "6"])
    let folder = "alone/tiny/seed-6"
    #expect(try workspace.metrics(folder) == workspace.metrics("run"))
    #expect(
      try workspace.parameters(folder, step: 63) == workspace.parameters("run", step: 63))
    let page = try String(
      contentsOfFile: workspace.path + "/alone/comparison.html", encoding: .utf8)
    for text in ["north-west", "south-east", "model.hidden", "<svg", "tiny", "wide"] {
      #expect(page.contains(text), "\(text)")
    }
  }

  @Test(
    "What is complete is not trained again, and what is not is continued, at any number of ranks")
  func resume() throws {
    #expect(try compare(ranks: 2, ["--seeds", "2"]).succeeded)
    let expected = try figures("out")
    let kept = workspace.checkpoint("out/tiny/seed-5", step: 63)
    let before = try FileManager.default.attributesOfItem(atPath: kept)[.modificationDate] as? Date
    // As if the job had ended in the third epoch of a run, and before the next one.
    for path in [
      workspace.checkpoint("out/wide/seed-5", step: 63), workspace.path + "/out/wide/seed-6",
      workspace.path + "/out/comparison.json",
    ] {
      try FileManager.default.removeItem(atPath: path)
    }
    let result = try compare(ranks: nil, ["--seeds", "2"])
    #expect(result.succeeded, "\(result)")
    #expect(result.standardError.contains("wide/seed-5 after step 42"), "\(result)")
    #expect(try figures("out") == expected)
    let after = try FileManager.default.attributesOfItem(atPath: kept)[.modificationDate] as? Date
    #expect(before != nil && before == after)
    // More seeds train no more than those.
    let more = try compare(ranks: 2, ["--seeds", "3"])
    #expect(more.succeeded, "\(more)")
    #expect(more.standardOutput.components(separatedBy: "Nothing to do").count - 1 == 4, "\(more)")
  }

  @Test("The variants of one file are compared as files are")
  func variants() throws {
    let text = Workspace.configuration(data: workspace.path + "/data")
    try workspace.write(
      "sizes.yaml", text + "\nvariants: {tiny: , wide: {model: {hidden: 12}}}\n")
    #expect(try compare(ranks: nil, output: "files").succeeded)
    let result = try runJob(
      ranks: 2, executable: Workspace.lockstep,
      arguments: [
        "compare", workspace.path + "/sizes.yaml", "--output", workspace.path + "/variants",
      ], timeout: 60)
    #expect(result.succeeded, "\(result)")
    #expect(try figures("variants") == figures("files"))
    try workspace.train(
      ranks: nil, output: "alone",
      ["--config", workspace.path + "/sizes.yaml", "--variant", "wide"])
    #expect(
      try workspace.parameters("alone", step: 63)
        == workspace.parameters("variants/wide/seed-5", step: 63))
  }

  @Test("With samples held out, those are what is compared, and the test set is not")
  func validation() throws {
    let result = try compare(ranks: 2, ["--seeds", "2", "--set", "data.validation=33"])
    #expect(result.succeeded, "\(result)")
    #expect(!result.standardError.contains("which is compared"), "\(result)")
    #expect(!result.standardOutput.localizedCaseInsensitiveContains("test accuracy"), "\(result)")
    let metrics = try workspace.metrics("out/wide/seed-5")
    #expect(!metrics.contains { $0["set"] == "test" })
    #expect(
      result.standardOutput.contains(
        "validation accuracy  balanced accuracy "), "\(result)")
    let page = try String(
      contentsOfFile: workspace.path + "/out/comparison.html", encoding: .utf8)
    #expect(page.contains("33 validation samples of 4 classes"))
    #expect(!page.localizedCaseInsensitiveContains("test accuracy"))
    let accuracies = try workspace.metrics("out/tiny/seed-6")
      .filter { $0["set"] == "validation" }.compactMap { $0["accuracy"] }
    let data = try Data(contentsOf: URL(filePath: workspace.path + "/out/comparison.json"))
    let report = try JSONDecoder().decode(ComparisonReport.self, from: data)
    let run = report.configurations[0].runs[1]
    #expect(report.evaluated == .validation && run.seed == 6)
    #expect(run.epochs.map { "\($0.accuracy)" } == accuracies && accuracies.count == 3)
    #expect(run.confusion.samples == 33 && run.accuracy == run.epochs.last?.accuracy)
    #expect(page.contains("balanced accuracy") && page.contains("macro F1"))
  }

  @Test("A configuration that diverges is left out, which is said, and the others are compared")
  func divergence() throws {
    let text = Workspace.configuration(data: workspace.path + "/data")
    try workspace.write(
      "rates.yaml",
      text + """

        variants:
          low: {optimizer: {learningRate: 0.001}}
          wild: {optimizer: {learningRate: 1e38}}
          high: {optimizer: {learningRate: 0.02}}
        """)
    func compare(_ files: [String]) throws -> JobResult {
      try runJob(
        ranks: 2, executable: Workspace.lockstep,
        arguments: ["compare"] + files + ["--output", workspace.path + "/out", "--seeds", "2"],
        timeout: 60)
    }
    let result = try compare([workspace.path + "/rates.yaml"])
    #expect(result.status == 1 && !result.timedOut, "\(result)")
    #expect(result.standardError.contains("wild, seed 5: step "), "\(result)")
    #expect(result.standardError.contains("wild diverged"), "\(result)")
    for text in ["Run 3 of 6: wild", "Run 5 of 6: high", "wild is left out", "noise"] {
      #expect(result.standardOutput.contains(text), "\(text) in \(result)")
    }
    #expect(!result.standardOutput.contains("Run 4 of 6"), "\(result)")
    let figures = try Data(contentsOf: URL(filePath: workspace.path + "/out/comparison.json"))
    let report = try JSONDecoder().decode(ComparisonReport.self, from: figures)
    #expect(report.configurations.map(\.name) == ["low", "high"] && report.pairs.count == 1)
    #expect(report.diverged.map(\.name) == ["wild"] && report.diverged[0].seed == 5)
    let page = try String(
      contentsOfFile: workspace.path + "/out/comparison.html", encoding: .utf8)
    #expect(page.contains("wild is left out"))

    try workspace.write("wild.yaml", text.replacingOccurrences(of: "0.01}", with: "1e38}"))
    try FileManager.default.removeItem(atPath: workspace.path + "/out/comparison.json")
    let none = try compare([workspace.path + "/tiny.yaml", workspace.path + "/wild.yaml"])
    #expect(none.status == 1 && !none.timedOut, "\(none)")
    #expect(none.standardError.contains("no two configurations are left to compare"), "\(none)")
    #expect(!FileManager.default.fileExists(atPath: workspace.path + "/out/comparison.json"))
  }

  @Test("A signal ends it with a checkpoint, and the same command goes on")
  func interruption() throws {
    let options = ["--set", "train.epochs=60"]
    let script = """
      metrics=$1; shift; "$@" >/dev/null & job=$!
      until [ -s "$metrics" ]; do sleep 0.02; done
      kill -USR1 $job; wait $job
      """
    let result = try run(
      "/bin/sh",
      [
        "-c", script, "sh", workspace.path + "/out/tiny/seed-5/metrics.jsonl", Workspace.lockstep,
      ] + arguments("out", options), timeout: 60)
    #expect(result.status == 75, "\(result)")
    #expect(result.standardError.contains("compare the same again"), "\(result)")
    #expect(try compare(ranks: 2, options).succeeded)
    #expect(try compare(ranks: nil, output: "whole", options).succeeded)
    #expect(try figures("out") == figures("whole"))
  }

  @Test("A folder of other runs is not mixed with these")
  func otherRuns() throws {
    #expect(try compare(ranks: nil).succeeded)
    try workspace.train(ranks: nil, output: "run", ["--max-steps", "1"])
    let single = try compare(ranks: 2, output: "run")
    #expect(single.status == 78, "\(single)")
    #expect(single.standardError.contains("run holds a run of lockstep train"), "\(single)")
    let other = try compare(ranks: 2, ["--set", "train.batch=20"])
    #expect(other.status == 78, "\(other)")
    #expect(
      other.standardError.contains("tiny: ")
        && other.standardError.contains("train.batch 10, and now it is 20"), "\(other)")
    let initial = try compare(ranks: nil, ["--set", "model.initializer=keras"])
    #expect(initial.status == 78, "\(initial)")
    #expect(initial.standardError.contains("model.initializer pytorch, and now it is keras"))
    // That the second configuration's folder is another's is found before the first one is trained.
    try FileManager.default.removeItem(atPath: workspace.path + "/out/tiny")
    let second = try compare(ranks: 2, ["--set", "train.batch=20"])
    #expect(second.status == 78 && second.standardError.contains("wide: "), "\(second)")
    #expect(!FileManager.default.fileExists(atPath: workspace.path + "/out/tiny"))
    let shorter = try compare(ranks: nil, ["--set", "train.epochs=2"])
    #expect(shorter.status == 78, "\(shorter)")
    #expect(shorter.standardError.contains("holds a run of 63 steps"), "\(shorter)")
    #expect(shorter.standardError.contains("--output"), "\(shorter)")
  }

  @Test(
    "A mistake is said once, before anything is trained",
    arguments: [
      (["--seeds", "0"], 64, "--seeds is 0"),
      (["--output", ""], 64, "--output is empty"),
      (["--output", "/proc/none"], 78, "cannot make the folder /proc/none"),
      (["--set", "train.bacth=3"], 64, "train.batch"),
      (["MISSING.yaml"], 78, "MISSING.yaml"),
      (["CLASSES.yaml"], 78, "data.classes"),
      (["HELD.yaml"], 78, "--set data.validation=0"),
      (["SEED.yaml"], 78, "--set train.seed=5"),
      (["SHARDS.yaml"], 78, "2 ranks for 1 shard"),
      (["TEST.yaml"], 78, "the test labels in"),
      (["SAME.yaml"], 78, "SAME.yaml are the same: every key"),
      (["SHIFT.yaml"], 78, "SHIFT: augment.shift is 5"),
      (["TRAIN.yaml"], 78, "TRAIN: "),
      (["--seeds", "2", "--set", "train.seed=18446744073709551615"], 78, "train.seed"),
    ] as [([String], Int32, String)])
  func mistake(arguments: [String], status: Int32, message: String) throws {
    let text = Workspace.configuration(data: workspace.path + "/data")
    let variants = [
      "CLASSES": text.replacingOccurrences(of: "south-east", with: "elsewhere"),
      "HELD": text.replacingOccurrences(of: "shards: 4", with: "shards: 4, validation: 9"),
      "SEED": text.replacingOccurrences(of: "seed: 5", with: "seed: 6"),
      "SAME": "# As the other.\n" + text,
      "SHARDS": text.replacingOccurrences(of: "shards: 4", with: "shards: 1"),
      "SHIFT": text + "\naugment: {shift: 5}\n",
      "TRAIN": Workspace.configuration(data: workspace.path + "/cut"),
      "TEST": Workspace.configuration(data: workspace.path + "/other"),
    ]
    for (name, text) in variants { try workspace.write(name + ".yaml", text) }
    let (files, other) = (FileManager.default, workspace.path + "/other")
    try files.copyItem(atPath: workspace.path + "/data", toPath: other)
    try files.copyItem(atPath: workspace.path + "/data", toPath: workspace.path + "/cut")
    try files.removeItem(atPath: workspace.path + "/cut/train-images-idx3-ubyte")
    for part in ["images-idx3", "labels-idx1"] {
      try files.removeItem(atPath: "\(other)/t10k-\(part)-ubyte")
      try files.copyItem(
        atPath: "\(other)/train-\(part)-ubyte", toPath: "\(other)/t10k-\(part)-ubyte")
    }
    let given = arguments.map { argument in
      argument.first?.isUppercase == true ? workspace.path + "/" + argument : argument
    }
    for ranks in [nil, 2] {
      // One process has all shards.
      if ranks == nil && message.contains("2 ranks") { continue }
      let result = try compare(ranks: ranks, output: "out", given)
      #expect(result.status == status, "\(result)")
      #expect(result.standardError.contains(message), "\(result)")
      let said =
        result.standardError.components(separatedBy: "lockstep: ").count
        + result.standardError.components(separatedBy: "Error: ").count - 2
      #expect(said == 1, "\(result)")
      #expect(!files.fileExists(atPath: workspace.path + "/out"), "\(result)")
    }
  }
}
