import Files

/// A safetensors file whose header has been checked, and its digest too where it has one.
///
/// The values stay on the disk until they are asked for. Files from PyTorch's `safetensors` are
/// read as well as those of ``SafetensorsWriter``.
///
/// Source: https://github.com/huggingface/safetensors.
package struct SafetensorsFile: Sendable {
  /// The tensors, in the order of their bytes in the file.
  package let entries: [TensorEntry]
  /// The metadata, the digest left out.
  package let metadata: [String: String]
  /// The digest that the file carries and that its bytes were compared with; `nil` for a file
  /// without one, such as those that PyTorch writes.
  package let digest: SHA256Digest?

  private let file: InputFile
  private let dataOffset: Int
  private let indices: [String: Int]

  /// The tensors' names, in the order of their bytes in the file.
  package var names: [String] { entries.map(\.name) }

  /// The path that the file was opened at.
  package var path: String { file.path }

  /// Opens and checks the file at `path`.
  ///
  /// - Parameter isCancelled: asked before each piece of the file; true ends the reading with an
  ///   error of the kind `cancelled`.
  /// - Throws: ``FileError`` where it cannot be read, does not follow the format, is cut short, or
  ///   differs from its digest.
  package init(_ path: String, isCancelled: () -> Bool = { false }) throws(FileError) {
    let file = try InputFile(path: path)
    func malformed(
      _ phrase: String, kind: FileError.Kind = .malformed
    ) -> FileError {
      FileError(
        kind, path: path, reason: phrase,
        advice: "give a whole safetensors file, or an older checkpoint")
    }
    guard file.byteCount >= 8 else {
      throw malformed("it has \(file.byteCount) bytes, and a safetensors file has more than 8")
    }
    let prefix = try file.bytes(at: 0, count: 8)
    if let format = ForeignFormat(firstBytes: prefix) {
      throw FileError(.malformed, path: path, reason: format.reason(path))
    }
    let length = prefix.reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    guard length <= SafetensorsHeader.longest, Int(length) <= file.byteCount - 8 else {
      throw malformed(
        "it is no safetensors file, or was cut: its first 8 bytes announce a header of \(length) bytes, and the file has \(file.byteCount)"
      )
    }
    let text = try file.bytes(at: 8, count: Int(length))
    let dataOffset = 8 + Int(length)
    let header: SafetensorsHeader
    do {
      header = try SafetensorsHeader(parsing: text, dataByteCount: file.byteCount - dataOffset)
    } catch { throw malformed(error.phrase, kind: error.kind) }

    self.file = file
    self.dataOffset = dataOffset
    entries = header.entries
    metadata = header.metadata.filter { $0.key != SafetensorsHeader.digestKey }
    indices = Dictionary(
      header.entries.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    digest = try Self.verify(
      file, prefix: prefix, text: text, header: header, isCancelled: isCancelled)
  }

  /// The tensor called `name`, if there is one.
  package func entry(named name: String) -> TensorEntry? {
    indices[name].map { entries[$0] }
  }

  /// The values of the tensor called `name`, row-major, converted to 32-bit floats as PyTorch does.
  ///
  /// - Parameter isCancelled: as for `init`.
  /// - Throws: ``FileError`` where there is no such tensor, its type cannot be converted, or the
  ///   file cannot be read.
  package func floats(
    named name: String, isCancelled: () -> Bool = { false }
  ) throws(FileError) -> [Float] {
    let entry = try requiredEntry(named: name)
    var values = [Float](repeating: 0, count: entry.elementCount)
    var span = values.mutableSpan
    try read(entry, into: &span, isCancelled)
    return values
  }

  /// Reads the values of the tensor called `name`, row-major, into `values`, converted to 32-bit
  /// floats as PyTorch does.
  ///
  /// - Parameters:
  ///   - values: as many elements as the tensor has.
  ///   - isCancelled: as for `init`.
  /// - Throws: ``FileError`` where there is no such tensor, its type cannot be converted, it has
  ///   another number of elements, or the file cannot be read.
  package func readFloats(
    named name: String, into values: inout MutableSpan<Float>,
    isCancelled: () -> Bool = { false }
  ) throws(FileError) {
    let entry = try requiredEntry(named: name)
    guard entry.elementCount == values.count else {
      throw FileError(
        .wrongShape, path: path,
        reason: "the tensor \(name) has shape \(entry.shape), and \(values.count) values are "
          + "expected", advice: "use the model configuration that the file was written with")
    }
    try read(entry, into: &values, isCancelled)
  }

  private func requiredEntry(named name: String) throws(FileError) -> TensorEntry {
    guard let entry = entry(named: name) else {
      throw FileError(
        .noSuchTensor, path: path,
        reason: "it has no tensor \(name), only \(names.prefix(50).joined(separator: ", "))",
        advice: "use the model configuration that the file was written with")
    }
    return entry
  }

  private func read(
    _ entry: TensorEntry, into values: inout MutableSpan<Float>, _ isCancelled: () -> Bool
  ) throws(FileError) {
    let offset = dataOffset + entry.byteRange.lowerBound
    guard entry.dataType == .float32 else {
      let bytes = try file.bytes(
        at: offset, count: entry.byteRange.count, isCancelled: isCancelled)
      guard let converted = entry.dataType.floats(bytes) else {
        throw FileError(
          .wrongDataType, path: path,
          reason: "the tensor \(entry.name) is \(entry.dataType.rawValue), which cannot be "
            + "converted to F32", advice: "save floats in its place")
      }
      for index in values.indices { values[index] = converted[index] }
      return
    }
    var failure: FileError?
    values.withUnsafeMutableBytes { buffer in
      do throws(FileError) {
        try file.read(at: offset, into: buffer, isCancelled: isCancelled)
      } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Compares the file with the digest in its metadata; `nil` where it has none.
  private static func verify(
    _ file: InputFile, prefix: [UInt8], text: [UInt8], header: SafetensorsHeader,
    isCancelled: () -> Bool
  ) throws(FileError) -> SHA256Digest? {
    guard let range = header.digestRange else { return nil }
    var text = text
    text.replaceSubrange(range, with: [UInt8](repeating: UInt8(ascii: "0"), count: range.count))
    let hasher = SHA256Hasher()
    hasher.update(prefix.span.bytes)
    hasher.update(text.span.bytes)
    try file.hash(from: prefix.count + text.count, into: hasher, isCancelled: isCancelled)
    let found: SHA256Digest
    do { found = try hasher.finalize() } catch {
      throw FileError(.cannotRead, path: file.path, reason: "\(error)")
    }
    let expected = header.metadata[SafetensorsHeader.digestKey] ?? ""
    guard "\(found)" == expected else {
      throw FileError(
        .damaged, path: file.path,
        reason: "the file is damaged: its SHA-256 is \(found), and its metadata says \(expected)",
        advice: "use an older checkpoint")
    }
    return found
  }
}
