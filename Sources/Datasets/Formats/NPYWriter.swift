import Files

/// A NumPy array file that is written from front to back, and stands under its name once all of it is
/// on the disk.
///
/// Source: NumPy Enhancement Proposal 1, version 1.0 of the format.
struct NPYWriter {
  private let file: AtomicFile

  /// Begins a file.
  ///
  /// - Parameters:
  ///   - type: the type of the elements, such as `<f4`.
  ///   - shape: the array's; the last index runs fastest.
  /// - Throws: ``FileError``.
  init(_ path: String, _ type: String, shape: [Int]) throws(FileError) {
    file = try AtomicFile(path: path)
    let sizes = shape.map { "\($0), " }.joined()
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(sizes)), }"
    // The elements begin at a multiple of 64 bytes.
    header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
    let length = UInt16(header.utf8.count)
    let bytes =
      [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)]
      + Array(header.utf8)
    try file.append(bytes.span.bytes)
  }

  /// Appends elements of the type, in the little-endian order of this machine.
  func append<Element: BitwiseCopyable>(_ elements: [Element]) throws(FileError) {
    try file.append(elements.span.bytes)
  }

  /// Gives the file its name, once all elements are there.
  func commit() throws(FileError) { try file.commit() }
}
