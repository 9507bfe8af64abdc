import Checkpoints
import Foundation
import Testing

/// A folder that lives as long as the test that made it.
final class TemporaryFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(
      path: "checkpoints-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes `bytes` to a file in the folder and returns its path.
  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    let file = path + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }

  /// The bytes of a file in the folder.
  func read(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
  }

  /// The names in the folder.
  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }
}

/// The bytes of a safetensors file with this header and `dataByteCount` bytes of data.
func safetensors(_ header: [UInt8], dataByteCount: Int = 0) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header
    + (0..<dataByteCount).map { UInt8(truncatingIfNeeded: $0) }
}

/// The error that `body` throws.
func checkpointError(
  sourceLocation: SourceLocation = #_sourceLocation, from body: () throws -> Void
) -> CheckpointError? {
  do {
    try body()
    Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    return nil
  } catch {
    if let error = error as? CheckpointError { return error }
    Issue.record("\(error) is no CheckpointError", sourceLocation: sourceLocation)
    return nil
  }
}
