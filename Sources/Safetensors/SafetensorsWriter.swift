import Files

/// Writes a safetensors file of floats from spans, without copying those of 32 bits.
///
/// The tensors are described first, and then their values follow in that order, in pieces of any
/// length: one span may hold many tensors, as a buffer of parameters does. The file stands under
/// its name only after ``finish()``; a writer that goes away before leaves nothing behind.
///
/// Among the metadata is `sha256`, the digest of the whole file as it is with zeros (`0`) in place
/// of the digest's 64 characters.
package struct SafetensorsWriter: ~Copyable {
  private let path: String
  private let file: AtomicFile
  private let hasher: SHA256Hasher
  private let digestRange: Range<Int>
  private let format: FloatFormat
  private let count: Int
  private var writtenCount: Int

  /// Starts a file.
  ///
  /// - Parameters:
  ///   - path: the file's final path, in a folder that exists; a file that is there is replaced at
  ///     the end.
  ///   - tensors: the tensors' names and shapes, in the order in which their values will come.
  ///   - format: the type of their elements, to which values are rounded.
  ///   - metadata: what else to say of them; the key `sha256` is the writer's.
  /// - Throws: ``FileError`` where a name comes twice, a shape is impossible, or no file can be
  ///   created in the folder.
  package init(
    to path: String, tensors: [TensorDescription], as format: FloatFormat = .float32,
    metadata: [String: String] = [:]
  ) throws(FileError) {
    let header: (bytes: [UInt8], digestRange: Range<Int>)
    do { header = try SafetensorsHeader.encode(tensors, as: format, metadata: metadata) } catch {
      throw FileError(
        .invalidContents, path: path, reason: "\(error.phrase); nothing was written")
    }
    let bytes = header.bytes
    let file = try AtomicFile(path: path)
    try file.append(bytes.span.bytes)
    let hasher = SHA256Hasher()
    hasher.update(bytes.span.bytes)
    // All at once and last: a struct that cannot be copied may not be half made when it throws.
    self.path = path
    self.file = file
    self.hasher = hasher
    digestRange = header.digestRange
    self.format = format
    count = tensors.reduce(0) { $0 &+ $1.shape.reduce(1, &*) }
    writtenCount = 0
  }

  /// Appends the next values, row-major, of one tensor or of several that follow each other.
  ///
  /// - Throws: ``FileError`` where the disk is full or fails, or there are more values than the
  ///   shapes have room for.
  package mutating func append(_ values: Span<Float>) throws(FileError) {
    #if !_endian(little)
      #error("safetensors is little-endian, and so must be the machine")
    #endif
    guard values.count <= count - writtenCount else {
      throw FileError(
        .invalidContents, path: path,
        reason: "more values came than the \(count) of its shapes; nothing was written")
    }
    if let halves = format.halves(of: values) {
      try append(halves.span.bytes)
    } else {
      try append(values.bytes)
    }
    writtenCount += values.count
  }

  private func append(_ bytes: RawSpan) throws(FileError) {
    hasher.update(bytes)
    try file.append(bytes)
  }

  /// Completes the file, flushes it to the disk, and gives it its name.
  ///
  /// - Throws: ``FileError`` where values are missing, or the disk is full or fails.
  package consuming func finish() throws(FileError) {
    guard writtenCount == count else {
      throw FileError(
        .invalidContents, path: path,
        reason: "only \(writtenCount) values came for the \(count) of its shapes; "
          + "nothing was written")
    }
    let digest: SHA256Digest
    do { digest = try hasher.finalize() } catch {
      throw FileError(.cannotWrite, path: path, reason: "\(error)")
    }
    let characters = Array("\(digest)".utf8)
    try file.overwrite(at: digestRange.lowerBound, with: characters.span.bytes)
    try file.commit()
  }
}

extension SafetensorsFile {
  /// Writes a file of some tensors at once; see ``SafetensorsWriter``.
  ///
  /// - Throws: ``FileError`` where a tensor's values do not fill its shape, and as
  ///   ``SafetensorsWriter`` throws.
  package static func write(
    tensors: [(name: String, shape: [Int], values: [Float])], metadata: [String: String] = [:],
    to path: String
  ) throws(FileError) {
    for tensor in tensors
    where TensorEntry.byteCount(of: tensor.shape, .float32) != 4 * tensor.values.count {
      throw FileError(
        .invalidContents, path: path,
        reason: "\(tensor.name) has \(tensor.values.count) values for the shape \(tensor.shape)")
    }
    var writer = try SafetensorsWriter(
      to: path, tensors: tensors.map { TensorDescription(name: $0.name, shape: $0.shape) },
      metadata: metadata)
    for tensor in tensors { try writer.append(tensor.values.span) }
    try writer.finish()
  }
}
