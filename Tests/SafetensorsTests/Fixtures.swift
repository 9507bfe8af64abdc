import Files
import Foundation
import Testing

/// The bytes of a safetensors file with this header and `dataByteCount` bytes of data.
func safetensors(_ header: [UInt8], dataByteCount: Int = 0) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header
    + (0..<dataByteCount).map { UInt8(truncatingIfNeeded: $0) }
}

/// The error that `body` throws.
func checkpointError(
  sourceLocation: SourceLocation = #_sourceLocation, from body: () throws -> Void
) -> FileError? {
  do {
    try body()
    Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    return nil
  } catch {
    if let error = error as? FileError { return error }
    Issue.record("\(error) is no FileError", sourceLocation: sourceLocation)
    return nil
  }
}
