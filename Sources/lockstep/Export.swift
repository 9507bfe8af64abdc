import ArgumentParser
import Exports
import Files
import Safetensors

struct Export: FileCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a trained model in a format of others.",
    discussion: """
      For example: lockstep export --checkpoint runs/NAME --onnx model.onnx

      An ONNX model takes the numbers as they are in the data set's files (pixels from 0 to 255, as \
      floats), normalizes them itself, and gives logits and probabilities; its metadata have the names \
      of the classes. It needs operators of opset 17, which ONNX Runtime has had since 1.13.
      """)

  @Option(
    help: ArgumentHelp(
      "A run's folder (its best.safetensors, or else its newest checkpoint), or a checkpoint.",
      valueName: "path"),
    completion: .file(extensions: ["safetensors"]), transform: expandingTilde)
  var checkpoint: String

  @Option(
    help: ArgumentHelp("The ONNX file to write.", valueName: "file"),
    completion: .file(extensions: ["onnx"]), transform: expandingTilde)
  var onnx: String?

  @Option(
    help: ArgumentHelp(
      """
      The safetensors file to write: the parameters alone, as a PyTorch model's state dict.
      """,
      valueName: "file"),
    completion: .file(extensions: ["safetensors"]), transform: expandingTilde)
  var safetensors: String?

  @Option(
    help: ArgumentHelp(
      "The type of the numbers in the safetensors file: f32, f16 or bf16.", valueName: "type"))
  var dtype: FloatFormat?

  func validate() throws {
    guard onnx != nil || safetensors != nil else {
      throw ValidationError("name the file to write with --onnx or --safetensors")
    }
    for (name, path) in [("--onnx", onnx), ("--safetensors", safetensors)] where path == "" {
      throw ValidationError("\(name) is empty; expected the path of a file")
    }
    guard dtype == nil || safetensors != nil else {
      throw ValidationError("--dtype is the type of --safetensors, which is not given")
    }
    guard onnx != safetensors else {
      throw ValidationError("--onnx and --safetensors name the same file; name two")
    }
  }

  func run() throws {
    let model = try ExportedModel(checkpoint, version: Lockstep.configuration.version)
    if let path = model.checkpoint, path != checkpoint {
      Lockstep.console.info("the checkpoint is \(path)")
    }
    if let onnx {
      try model.writeONNX(to: onnx)
      Lockstep.console.info("\(onnx) is the model for ONNX")
    }
    if let safetensors {
      try model.writeSafetensors(to: safetensors, as: dtype ?? .float32)
      Lockstep.console.info("\(safetensors) is the model's state dict")
    }
  }
}

extension FloatFormat: ExpressibleByArgument {}
