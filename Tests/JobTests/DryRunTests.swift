import Foundation
import Testing
import TestSupport

@Suite("A trial of a training")
struct DryRunTests {
  let workspace: Workspace

  init() throws { workspace = try Workspace() }

  /// Everything in the workspace, with the contents of files.
  private func contents() throws -> [String: Data] {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: workspace.path)
    return Dictionary(
      uniqueKeysWithValues: paths.map { path in
        (path, FileManager.default.contents(atPath: workspace.path + "/" + path) ?? Data())
      })
  }

  @Test("It says what the training would be, and writes nothing", arguments: [nil, 3])
  func report(_ ranks: Int?) throws {
    let before = try contents()
    let result = try workspace.train(
      ranks: ranks, output: "new/run",
      ["--dry-run", "--set", "data.validation=33", "--set", "optimizer.kind=sgd"])
    #expect(result.succeeded, "\(result)")
    #expect(try contents() == before)
    // Lines end where the table does.
    let text = result.standardOutput.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for words in [
      "LSTM of 2 layers of 8 units, 1092 parameters, 4 classes", "sgd, learning rate 0.01",
      "170 training, 33 validation and 61 test images of 6 x 5 pixels, in 4 shards",
      "51, 1 to 51, 17 an epoch, in 3 epochs", "MiB a rank", "/new/run", ", 3 evaluations of ",
      " and one of the test set of about ", "up to 4 of them", "Nothing was written.",
    ] { #expect(text.contains(words), "\(words) in \(result)") }
    #expect(
      result.standardOutput.contains("\(ranks ?? 1) rank\(ranks == nil ? "" : "s") on 1 host"))
  }

  @Test("launch/train passes it on, and does it once")
  func launched() throws {
    let result = try run(
      LaunchTests.checkout + "/launch/train",
      [
        "-np", "2", "--program", Workspace.lockstep, "--config", workspace.path + "/tiny.yaml",
        "--max-restarts", "3", "--dry-run", "--hidden", "9", "--lr", "0.02", "--output",
        workspace.path + "/run",
      ], timeout: 60)
    #expect(result.succeeded, "\(result)")
    #expect(result.standardOutput.contains("2 layers of 9 units"), "\(result)")
    #expect(result.standardOutput.contains("learning rate 0.02"), "\(result)")
    #expect(!FileManager.default.fileExists(atPath: workspace.path + "/run"))
  }

  @Test("Of a run that is continued it says what is left")
  func resumed() throws {
    try workspace.train(ranks: nil, output: "run", ["--max-steps", "25"])
    let before = try contents()
    let result = try workspace.train(ranks: 2, output: "run", ["--resume", "--dry-run"])
    #expect(result.succeeded, "\(result)")
    #expect(result.standardOutput.contains("38, 26 to 63, 21 an epoch"), "\(result)")
    #expect(result.standardOutput.contains(/and\s+2\s+evaluations\s+of/), "\(result)")
    let over = try workspace.train(
      ranks: nil, output: "run", ["--resume", "--dry-run", "--max-steps", "25"])
    #expect(over.succeeded, "\(over)")
    #expect(
      over.standardOutput.contains("none: the checkpoint is at step 25, and the run ends with"),
      "\(over)")
    #expect(try contents() == before)
  }

  @Test(
    "It fails in the words and with the status of the training",
    arguments: [
      ["--set", "data.directory=HERE/missing"], ["--set", "data.validation=300"],
      ["--set", "model.hidden=2000000"], ["--init", "HERE/tiny.yaml"], ["--resume"],
      ["--output", "HERE/tiny.yaml/run"], ["--output", "/proc/none/run"], ["--lr", "-1"],
      ["--set", "train.earlyStopping=3"],
    ])
  func failures(_ options: [String]) throws {
    let options = options.map { $0.replacing("HERE", with: workspace.path) }
    for ranks in [nil, 2] {
      let results = try [["--dry-run"], []].map { trial in
        try workspace.train(ranks: ranks, output: "run", options + trial)
      }
      let said = results.map { result in
        result.standardError.split(separator: "\n").filter { $0.hasPrefix("lockstep: ") }
      }
      #expect(results[0].status != 0 && results[0].status == results[1].status, "\(results)")
      #expect(said[0] == said[1] && !said[0].isEmpty, "\(results)")
    }
  }
}
