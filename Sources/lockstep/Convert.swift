import ArgumentParser
import Configuration
import Datasets
import Files
import Foundation
import Training

struct Convert: FileCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a data set of a table with one row a time step.",
    discussion: """
      Reads a table of delimited text (CSV), gzipped or not, whose first line has the names of the \
      columns, and writes the NumPy arrays train-x.npy, train-y.npy and so on. Rows of one id make \
      one sequence, and all columns that no option names are its features. An empty field is a \
      missing value, which becomes NaN. All values have to fit in the memory, at 4 bytes each.
      """)

  @Argument(help: "The table.", completion: .file(), transform: expandingTilde)
  var table: String

  @Option(
    help: ArgumentHelp("The column that says which sequence a row belongs to.", valueName: "column")
  )
  var id: String

  @Option(
    help: ArgumentHelp(
      "The column of the label, the same in all rows of a sequence.", valueName: "column"))
  var label: String

  @Option(
    help: ArgumentHelp(
      "The column of numbers that sort the rows of a sequence (default: the order of the table).",
      valueName: "column"))
  var time: String?

  @Option(
    help: ArgumentHelp(
      "The columns of the features, in their order, with commas (default: all others).",
      valueName: "columns"),
    transform: { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) })
  var features: [String]?

  @Option(
    help: ArgumentHelp(
      """
      The share of each class's sequences that make the test set: those whose ids have the smallest \
      SHA-256 (default: 0.2).
      """,
      valueName: "share"))
  var testShare: Double?

  @Option(
    help: ArgumentHelp(
      "The column that says train or test, in place of a share.", valueName: "column"))
  var split: String?

  @Option(
    help: ArgumentHelp(
      "What stands between two fields: one character, or tab (default: a comma).",
      valueName: "character"),
    transform: { text in
      guard text != "tab" else { return "\t" }
      guard let character = text.first, text.count == 1, character != "\"", !character.isNewline
      else {
        throw ValidationError(
          "--delimiter is \"\(text)\"; expected one character, such as ;, or tab")
      }
      return character
    })
  var delimiter: Character = ","

  @Option(
    help: ArgumentHelp("The folder of the data set; it is made.", valueName: "folder"),
    completion: .directory, transform: expandingTilde)
  var output: String

  func validate() throws {
    if let testShare, !(testShare > 0 && testShare < 1) {
      throw ValidationError("--test-share is \(testShare); expected above 0 and below 1")
    }
    guard testShare == nil || split == nil else {
      throw ValidationError("--test-share and --split both say what the test set is; give one")
    }
    guard !output.isEmpty else {
      throw ValidationError("--output is empty; expected the folder of the data set")
    }
  }

  func run() throws {
    let table = try SequenceTable(
      table,
      TableColumns(id: id, label: label, time: time, split: split, features: features),
      delimiter: delimiter)
    let parts = try table.parts(testShare: testShare ?? 0.2)
    try RunDirectory.make(output, advice: "give another --output")
    let arrays = try table.write(parts, to: output)
    for line in try report(table, parts, arrays) { Lockstep.console.line(line) }
  }

  /// What was made, and how a configuration names it.
  private func report(
    _ table: SequenceTable, _ parts: (training: [Int], test: [Int]),
    _ arrays: [(name: String, shape: [Int])]
  ) throws -> [String] {
    let lengths = table.lengths
    let steps =
      lengths.lowerBound == lengths.upperBound
      ? counted(lengths.upperBound, "time step")
      : "\(lengths.lowerBound) to \(counted(lengths.upperBound, "time step"))"
    var lines = [
      "\(parts.training.count) training and \(parts.test.count) test sequences of \(steps) with "
        + counted(table.features.count, "feature"),
      "features, in order: " + table.features.map { $0.excerpt() }.joined(separator: ", "),
    ]
    if table.missingCount > 0 {
      lines.append("\(counted(table.missingCount, "missing value")), as NaN")
    }
    for (name, shape) in arrays {
      lines.append("\(output)/\(name) [\(shape.map(String.init).joined(separator: ", "))]")
    }
    var configuration = Configuration()
    configuration.data.directory = output
    configuration.data.classes = table.classes
    configuration.data.shards = min(configuration.data.shards, parts.training.count)
    let yaml = try configuration.yaml(of: ["data.directory", "data.shards", "data.classes"])
    return lines + ["", "For a configuration:", yaml.trimmingCharacters(in: .newlines)]
  }
}
