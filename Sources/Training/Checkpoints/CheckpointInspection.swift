import Safetensors

/// The description of a safetensors file that `lockstep inspect` prints, line by line.
///
/// - Throws: `FileError` if the file is damaged.
package func inspectionLines(of path: String) throws -> [String] {
  let file = try SafetensorsFile(path)
  var lines = file.entries.map { entry in
    let shape = entry.shape.map(String.init).joined(separator: " x ")
    return "\(entry.name): \(entry.dataType.rawValue) \(shape.isEmpty ? "scalar" : shape)"
  }
  guard file.metadata["format"] == TrainingCheckpoint.format else {
    let others = file.metadata.sorted { $0.key < $1.key }.map { "\($0): \($1)" }
    return lines + others + ["(no checkpoint of lockstep: parameters alone)"]
  }
  let checkpoint = try TrainingCheckpoint(file)
  lines += ["step \(checkpoint.step)", "epoch \(checkpoint.epoch)", "configuration:"]
  lines += try checkpoint.configuration.yaml.split(separator: "\n").map { "  \($0)" }
  lines.append("file sha256 \(file.digest.map(String.init(describing:)) ?? "none") (intact)")
  lines.append("parameters sha256 \(try checkpoint.parameters().digest())")
  return lines
}
