import ArgumentParser
import Cluster
import Files
import Foundation
import Reports
import Training

struct Report: FileCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a page on a run, or on several together.",
    discussion: """
      For example: lockstep report runs/NAME

      The page has the curves, what the best model does with each class of the test samples, its most \
      confident mistakes, how well it is calibrated, where the time went by rank, the starts and \
      interruptions, and the settings. It needs nothing else, and can be mailed. A run that goes on has \
      a page, too: of what it did so far.
      """)

  @Argument(
    help: ArgumentHelp("The folders of runs.", valueName: "run"), completion: .directory,
    transform: expandingTilde)
  var runs: [String]

  @Option(
    help: ArgumentHelp(
      "The page's file, or - for standard output. If left out, report.html in the folder of the first run.",
      valueName: "file"
    ),
    completion: .file(extensions: ["html"]), transform: expandingTilde)
  var output: String?

  @Option(
    help: ArgumentHelp(
      """
      The folder with the test samples, or a file of samples. If left out, the folder of each run's \
      configuration.
      """,
      valueName: "path"),
    completion: .file(), transform: expandingTilde)
  var data: String?

  @Flag(help: "Leave out what needs the test samples.")
  var noEvaluation = false

  func validate() throws {
    if output?.isEmpty == true {
      throw ValidationError("--output is empty; expected the path of a file")
    }
    if runs.contains(where: \.isEmpty) {
      throw ValidationError("a run is an empty name; expected the path of its folder")
    }
  }

  func run() throws {
    let histories = try runs.map { path in
      let trimmed = path.reversed().drop { $0 == "/" }.reversed()
      return try RunHistory(folder: trimmed.isEmpty ? path : String(trimmed))
    }
    if output == "-" {
      let page = page(of: histories)
      Lockstep.console.line(page)
      return
    }
    let path = output ?? histories[0].folder + "/report.html"
    // Before the models are tried, which may take minutes.
    _ = try AtomicFile(path: path)
    try AtomicFile.replace(path, with: page(of: histories))
    Lockstep.console.info("the page is \(path)")
  }

  private func page(of histories: [RunHistory]) -> String {
    RunPage(histories.map { RunPage.Entry($0, trial(of: $0)) }, date: Date()).html
  }

  /// What a run's best model does with the test samples; nil, with a warning, where it cannot be tried.
  private func trial(of history: RunHistory) -> ModelTrial? {
    if noEvaluation { return nil }
    do {
      guard let checkpoint = try? checkpointPath(at: history.folder) else {
        Lockstep.console.warning(
          "\(history.folder) has no checkpoint yet: its page has no figures of classes")
        return nil
      }
      let predictor = try LoadedModel(checkpoint: checkpoint)
        .onTestSet(directory: data, warn: Lockstep.console.warning)
      return try ModelTrial(predictor, checkpoint: checkpoint)
    } catch {
      Lockstep.console.warning("\(error): the page of \(history.folder) has no figures of classes")
      return nil
    }
  }
}
