import Foundation
import Tensors
import Testing
import TestSupport

/// `lockstep doctor`: what it finds on this machine, and that it leaves nothing.
@Suite("The doctor")
struct DoctorTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  private var command: [String] {
    ["doctor", "--config", workspace.path + "/tiny.yaml", "--output", workspace.path + "/run"]
  }

  /// The report as JSON.
  private func report(_ result: JobResult) throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: Data(result.standardOutput.utf8))
    return try #require(object as? [String: Any], "\(result)")
  }

  /// The sentences of the findings of one weight.
  private func sentences(_ report: [String: Any], _ severity: String) -> [String] {
    (report["findings"] as? [[String: Any]] ?? []).filter { $0["severity"] as? String == severity }
      .compactMap { $0["sentence"] as? String }
  }

  @Test("Alone it prints a narrow table, finds that a training works, and leaves nothing")
  func alone() throws {
    let before = try FileManager.default.subpathsOfDirectory(atPath: workspace.path)
    let result = try workspace.lockstep(command)
    #expect(result.succeeded && result.standardError.isEmpty, "\(result)")
    let lines = result.standardOutput.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count < 80 }, "\(result)")
    #expect(lines.first?.hasPrefix("1 rank on 1 host: ") == true, "\(result)")
    let words = result.standardOutput.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for text in ["✓ program: ", "✓ experiment: a trial of ", "a checkpoint takes "] {
      #expect(words.contains(text), "\(text) in \(result)")
    }
    #expect(try FileManager.default.subpathsOfDirectory(atPath: workspace.path) == before)
  }

  @Test("Without an experiment it examines the hosts alone, and says so")
  func hostsAlone() throws {
    let result = try workspace.lockstep(["doctor"])
    #expect(result.succeeded && result.standardError.isEmpty, "\(result)")
    #expect(result.standardOutput.contains("! experiment: none was named"), "\(result)")
  }

  @Test("Under mpirun it describes the cluster as JSON, for the training's ranks and threads")
  func json() throws {
    let result = try runJob(
      ranks: 2, executable: Workspace.lockstep,
      arguments: command + ["--set", "train.threads=2", "--json", "-"])
    #expect(result.succeeded && result.standardError.isEmpty, "\(result)")
    let report = try report(result)
    let cluster = try #require(report["cluster"] as? [String: Int], "\(result)")
    #expect(cluster == ["hosts": 1, "ranksPerHost": 2, "threadsPerRank": 2])
    #expect((report["hosts"] as? [Any])?.count == 1)
    #expect(sentences(report, "failure").isEmpty && sentences(report, "fine").count > 4)
  }

  @Test(
    "It finds what a training would fail for, in the same words, and ends with 78",
    arguments: [
      ["--set", "data.directory=HERE/missing"], ["--set", "data.validation=300"],
      ["--set", "data.classes=[a, b]"], ["--set", "augment.shift=7"],
      ["--set", "model.hidden=2000000"], ["--init", "HERE/tiny.yaml"], ["--resume"],
      ["--output", "HERE/tiny.yaml/run"], ["--output", "HERE/data/train-labels-idx1-ubyte"],
    ])
  func sameWords(_ options: [String]) throws {
    let options = options.map { $0.replacing("HERE", with: workspace.path) }
    for ranks in options[0] == "--resume" ? [nil, 2] : [nil] {
      func start(_ arguments: [String]) throws -> JobResult {
        guard let ranks else { return try workspace.lockstep(arguments) }
        return try runJob(ranks: ranks, executable: Workspace.lockstep, arguments: arguments)
      }
      let training = try start(["train"] + command.dropFirst() + options)
      #expect(!training.succeeded, "\(training)")
      let result = try start(command + options + ["--json", "-"])
      #expect(result.status == 78, "\(result)")
      let failures = try sentences(report(result), "failure")
      let said = training.standardError.split(separator: "\n").first { $0.hasPrefix("lockstep: ") }
      #expect(
        failures.map { "lockstep: \($0)" } == [said.map(String.init)], "\(training), \(result)")
      #expect(
        result.standardError.contains("would fail here for 1 reason, which the report names"),
        "\(result)")
    }
  }

  @Test("It finds all failures at once, each with its host")
  func all() throws {
    let program = try workspace.script(
      "lockstep",
      """
      #!/bin/sh
      [ "${OMPI_COMM_WORLD_RANK:-$PMI_RANK}" = 0 ] || set -- "$@" --set data.directory=/dev/null
      exec "\(Workspace.lockstep)" "$@"
      """)
    let result = try runJob(
      ranks: 2, executable: program,
      arguments: command + ["--output", workspace.path + "/tiny.yaml", "--json", "-"])
    #expect(result.status == 78, "\(result)")
    let failures = try sentences(report(result), "failure")
    #expect(failures.count == 3, "\(result)")
    for words in ["has another configuration than rank 0", "/dev/null", "tiny.yaml"] {
      #expect(failures.contains { $0.contains(words) }, "\(words) in \(result)")
    }
  }

  @Test(
    "Ranks that compute bf16 otherwise are found in the words of the training",
    .enabled(if: Kernels.instructionSets.contains("avx512bf16"), "this processor has no bf16"))
  func arithmetic() throws {
    let program = try workspace.script(
      "lockstep",
      """
      #!/bin/sh
      [ "$OMPI_COMM_WORLD_RANK" = 0 ] || export \(Kernels.variable)=baseline
      exec "\(Workspace.lockstep)" "$@"
      """)
    let result = try runJob(
      ranks: 2, executable: program,
      arguments: command + ["--set", "train.precision=bf16", "--json", "-"])
    #expect(result.status == 78, "\(result)")
    let failures = try sentences(report(result), "failure")
    #expect(failures.count == 1 && failures[0].contains("has another arithmetic than rank 0"))
  }

  @Test("A mistake in an option is said as the training says it", arguments: [nil, 2])
  func mistakes(ranks: Int?) throws {
    for (options, words) in [
      (["--frobnicate"], "--frobnicate"), (["--json", ""], "--json is empty"),
      (["--max-steps", "0"], "--max-steps is 0"),
    ] {
      let all = command + options
      let result =
        try ranks.map { try runJob(ranks: $0, executable: Workspace.lockstep, arguments: all) }
        ?? workspace.lockstep(all)
      #expect(result.status == 64 && result.standardError.contains(words), "\(result)")
    }
  }
}
