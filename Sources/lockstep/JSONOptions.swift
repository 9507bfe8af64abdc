import ArgumentParser
import Files

/// The option of the commands whose figures a program may read.
struct JSONOptions: ParsableArguments {
  @Option(
    name: .customLong("json"),
    help: ArgumentHelp(
      """
      Write the figures to this file as one JSON object, too; with - to standard output, and no \
      table.
      """,
      valueName: "file"),
    completion: .file(extensions: ["json"]), transform: expandingTilde)
  var path: String?

  func validate() throws {
    if path?.isEmpty == true {
      throw ValidationError("--json is empty; expected the path of a file, or -")
    }
  }
}
