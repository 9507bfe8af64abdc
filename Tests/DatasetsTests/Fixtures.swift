import CZlib
import Datasets
import Foundation
import Testing

/// A folder that lives as long as the test that made it.
final class TemporaryFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(
      path: "shards-tests-\(UUID().uuidString)")
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
}

/// The bytes of an IDX file.
func idx(magic: UInt32, sizes: [UInt32], elements: [UInt8]) -> [UInt8] {
  ([magic] + sizes).flatMap { word in
    (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) }
  } + elements
}

func idxImages(_ count: Int, height: Int, width: Int) -> [UInt8] {
  idx(
    magic: 0x0803, sizes: [UInt32(count), UInt32(height), UInt32(width)],
    elements: (0..<count * height * width).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 / 251) })
}

func idxLabels(_ count: Int, classes: Int = 10) -> [UInt8] {
  idx(magic: 0x0801, sizes: [UInt32(count)], elements: (0..<count).map { UInt8($0 % classes) })
}

/// `bytes` as one gzip stream, made by zlib itself.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
  var stream = z_stream()
  deflateInit2_(
    &stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
    Int32(MemoryLayout<z_stream>.size))
  defer { deflateEnd(&stream) }
  var input = bytes
  var output = [UInt8](repeating: 0, count: bytes.count + bytes.count / 100 + 64)
  let capacity = output.count
  input.withUnsafeMutableBufferPointer { input in
    output.withUnsafeMutableBufferPointer { output in
      stream.next_in = input.baseAddress
      stream.avail_in = UInt32(input.count)
      stream.next_out = output.baseAddress
      stream.avail_out = UInt32(output.count)
      deflate(&stream, Z_FINISH)
    }
  }
  return Array(output[..<(capacity - Int(stream.avail_out))])
}

/// The error that `body` throws.
func datasetError(
  sourceLocation: SourceLocation = #_sourceLocation, from body: () throws -> Void
) -> DatasetError? {
  do {
    try body()
    Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    return nil
  } catch {
    if let error = error as? DatasetError { return error }
    Issue.record("\(error) is no DatasetError", sourceLocation: sourceLocation)
    return nil
  }
}
