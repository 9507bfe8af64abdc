import ArgumentParser
import Files
import Training

struct Inspect: FileCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what is in a checkpoint.",
    discussion: """
      The line 'parameters sha256' is a digest of the parameters' bytes: the linear layer, then \
      the recurrent layers from the top down. Equal digests mean equal bits.
      """)

  @Argument(
    help: ArgumentHelp("A safetensors file.", valueName: "file"),
    completion: .file(extensions: ["safetensors"]), transform: expandingTilde)
  var file: String

  func run() throws {
    for line in try inspectionLines(of: file) { Lockstep.console.line(line) }
  }
}
