import Datasets
import Files
import Testing

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

func idxFile(_ path: String) throws(DatasetError) -> ArrayFile {
  try ArrayFile(DataFile(path), .idx)
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

extension ArrayFile {
  /// Reads all elements.
  mutating func elements() throws(DatasetError) -> (bytes: [UInt8], digest: SHA256Digest) {
    var bytes: [UInt8] = []
    let digest = try forEachRun(of: shape.dropFirst().reduce(1, *)) { bytes += $1 }
    return (bytes, digest)
  }
}
