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
    try file.append(npyHeader(descr: type, shape: shape).span.bytes)
  }

  /// Appends elements of the type, in the little-endian order of this machine.
  func append<Element: BitwiseCopyable>(_ elements: [Element]) throws(FileError) {
    try file.append(elements.span.bytes)
  }

  /// Gives the file its name, once all elements are there.
  func commit() throws(FileError) { try file.commit() }
}

/// The header of a NumPy array file of version 1.0 in C order, as `numpy.save` writes it: its bytes
/// are a multiple of 64.
///
/// - Parameters:
///   - descr: the type of the elements, such as `<f4`.
///   - shape: the sizes of the dimensions, at least one.
package func npyHeader(descr: String, shape: [Int]) -> [UInt8] {
  let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
  var header = "{'descr': '\(descr)', 'fortran_order': False, 'shape': (\(sizes)), }"
  header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
  let length = header.utf8.count
  return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)]
    + Array(header.utf8)
}
