import Files

/// The images or labels of an IDX file that this process keeps, in one buffer for each place it
/// keeps them at.
package struct IDXFile {
  /// The sizes of the file's dimensions: `[images, height, width]` or `[labels]`, kept or not.
  package let sizes: [Int]
  /// The kept elements of each buffer in the order of the file: images row by row, or labels; a
  /// byte each.
  package let buffers: [[UInt8]]
  /// The SHA-256 of the whole file's decompressed bytes.
  package let digest: SHA256Digest

  /// The number of images or labels in the file, kept or not.
  package var count: Int { sizes[0] }

  /// Reads the images that have a place in one of `bufferCount` buffers, and checks all of the
  /// file.
  ///
  /// - Parameters:
  ///   - path: an IDX file of unsigned bytes in 3 dimensions, gzipped or not.
  ///   - count: the number of images that the file must have, such as the number of labels.
  ///   - buffer: the buffer for the image with this index in the file; `nil` to pass over it.
  ///   - isCancelled: asked before each piece of a file; true ends the reading.
  /// - Throws: ``DatasetError`` where the file is missing, damaged, no IDX file of images, or has
  ///   another number of them.
  package static func images(
    _ path: String, count: Int? = nil, bufferCount: Int = 1,
    placing buffer: (Int) -> Int? = { _ in 0 }, isCancelled: () -> Bool = { false }
  ) throws(DatasetError) -> IDXFile {
    try read(
      path, as: .images, bufferCount: bufferCount, isCancelled: isCancelled,
      check: { header throws(DatasetError) in
        guard let count, count != header.count else { return }
        throw DatasetError(
          .countMismatch, in: path, found: "\(header.count) images",
          expected: "\(count) images, as many as there are labels",
          advice: "check that both files come from the same data set")
      },
      placing: buffer)
  }

  /// Reads the height and the width of the images from the header of an IDX file.
  ///
  /// - Throws: ``DatasetError`` where the file is missing, damaged at its front, or no IDX file of
  ///   images.
  package static func imageSize(_ path: String) throws(DatasetError) -> [Int] {
    var reader = try Reader(path)
    return Array(try reader.header(of: .images) { false }.header.sizes.dropFirst())
  }

  /// Reads the labels that have a place in one of `bufferCount` buffers, and checks all of the
  /// file.
  ///
  /// - Parameters:
  ///   - path: an IDX file of unsigned bytes in 1 dimension, gzipped or not.
  ///   - classes: the number of classes.
  ///   - check: looks at the number of labels before any is read.
  ///   - buffer: the buffer for the label with this index in the file; `nil` to pass over it.
  ///   - isCancelled: asked before each piece of a file; true ends the reading.
  /// - Throws: ``DatasetError`` where the file is missing, damaged, no IDX file of labels, or has a
  ///   label outside 0 ..< `classes`; and what `check` throws.
  package static func labels(
    _ path: String, classes: Int, bufferCount: Int = 1,
    check: (_ count: Int) throws(DatasetError) -> Void = { _ throws(DatasetError) in },
    placing buffer: (Int) -> Int? = { _ in 0 }, isCancelled: () -> Bool = { false }
  ) throws(DatasetError) -> IDXFile {
    try read(
      path, as: .labels, bufferCount: bufferCount, isCancelled: isCancelled,
      check: { header throws(DatasetError) in try check(header.count) },
      placing: buffer,
      inspect: { offset, labels throws(DatasetError) in
        guard let wrong = labels.firstIndex(where: { Int($0) >= classes }) else { return }
        throw DatasetError(
          .labelOutOfRange, in: path,
          found: "label \(labels[wrong]) at index \(offset + wrong - labels.startIndex)",
          expected: "labels from 0 to \(classes - 1)",
          advice: "set data.classes to the number of classes, or repair the file")
      })
  }

  /// Streams through the whole file, checks it, and keeps the elements that `buffer` has a place
  /// for.
  ///
  /// Memory grows with the bytes that arrive and are kept, never with what the header claims.
  ///
  /// - Parameters:
  ///   - bufferCount: how many buffers there are.
  ///   - isCancelled: asked before each piece of a file; true ends the reading.
  ///   - check: looks at the header before any element is read.
  ///   - buffer: the buffer for element i of the file; `nil` (or no such buffer) for one to pass
  ///     over.
  ///   - inspect: looks at every piece of the file after the header, kept or not: its first byte's
  ///     offset after the header, and its bytes.
  /// - Throws: ``DatasetError`` for everything that can be wrong with the file.
  private static func read(
    _ path: String, as content: IDXHeader.Content, bufferCount: Int, isCancelled: () -> Bool,
    check: (IDXHeader) throws(DatasetError) -> Void = { _ throws(DatasetError) in },
    placing buffer: (Int) -> Int?,
    inspect: (Int, ArraySlice<UInt8>) throws(DatasetError) -> Void = {
      _, _ throws(DatasetError) in
    }
  ) throws(DatasetError) -> IDXFile {
    var reader = try Reader(path)
    var (header, piece) = try reader.header(of: content, isCancelled)
    try check(header)

    var buffers = [[UInt8]](repeating: [], count: bufferCount)
    var sorter = ElementSorter(elementByteCount: header.elementByteCount)
    let total = header.fileByteCount - content.byteCount
    var offset = 0
    while true {
      guard piece.count <= total - offset else { throw trailing(header, path) }
      try inspect(offset, piece)
      try sorter.sort(piece, of: path, into: &buffers, placing: buffer)
      offset += piece.count
      piece = try reader.next(isCancelled)
      if piece.isEmpty { break }
    }
    guard offset == total else {
      throw DatasetError(
        .shortFile, in: path, found: "\(reader.file.byteCount) bytes",
        expected: "\(header.fileByteCount) bytes, as its header says (\(description(of: header)))",
        advice: DatasetError.repair(path))
    }
    let digest = try DatasetError.reading { () throws(FileError) in try reader.file.digest() }
    return IDXFile(sizes: header.sizes, buffers: buffers, digest: digest)
  }

  private static func trailing(_ header: IDXHeader, _ path: String) -> DatasetError {
    DatasetError(
      .trailingBytes, in: path, found: "more bytes after the last of its \(header.content.name)",
      expected: "\(header.fileByteCount) bytes, as its header says (\(description(of: header)))",
      advice: DatasetError.repair(path))
  }

  private static func description(of header: IDXHeader) -> String {
    let sizes = header.sizes.map(String.init).joined(separator: " × ")
    return "\(sizes) \(header.content.name == "images" ? "pixels" : "labels")"
  }
}

/// Reads an IDX file piece by piece.
private struct Reader {
  let file: DecompressedFile
  private var chunk = [UInt8](repeating: 0, count: 1 << 16)

  init(_ path: String) throws(DatasetError) {
    file = try DatasetError.reading { () throws(FileError) in
      try DecompressedFile(path: path, content: "an IDX file", repair: DatasetError.repair(path))
    }
  }

  /// The header, and the bytes that came with it.
  mutating func header(
    of content: IDXHeader.Content, _ isCancelled: () -> Bool
  ) throws(DatasetError) -> (header: IDXHeader, rest: ArraySlice<UInt8>) {
    var bytes: [UInt8] = []
    while bytes.count < content.byteCount {
      let piece = try next(isCancelled)
      if piece.isEmpty { break }
      bytes.append(contentsOf: piece)
    }
    let header = try IDXHeader(bytes, of: content, path: file.path)
    return (header, bytes[content.byteCount...])
  }

  /// The next bytes; none at the end of the file.
  mutating func next(_ isCancelled: () -> Bool) throws(DatasetError) -> ArraySlice<UInt8> {
    guard !isCancelled() else {
      throw DatasetError(
        .cancelled, in: file.path, found: "a signal to stop after \(file.byteCount) bytes",
        expected: "to read the whole file", advice: "start again")
    }
    let count: Int
    do { count = try file.read(into: &chunk) } catch { throw DatasetError(error) }
    return chunk[..<count]
  }
}

/// Deals the bytes of a file, which arrive in pieces of any length, out to the buffers of its
/// elements.
private struct ElementSorter {
  let elementByteCount: Int
  private var element = 0
  private var remaining = 0
  private var target: Int?

  init(elementByteCount: Int) { self.elementByteCount = elementByteCount }

  /// - Throws: ``DatasetError`` if there is no memory for more elements.
  mutating func sort(
    _ piece: ArraySlice<UInt8>, of path: String, into buffers: inout [[UInt8]],
    placing buffer: (Int) -> Int?
  ) throws(DatasetError) {
    var piece = piece
    while !piece.isEmpty {
      if remaining == 0 {
        target = buffer(element).flatMap { buffers.indices.contains($0) ? $0 : nil }
        remaining = elementByteCount
        element += 1
      }
      let part = piece.prefix(remaining)
      if let target {
        try buffers[target].reserveMore(part.count, for: path)
        buffers[target].append(contentsOf: part)
      }
      remaining -= part.count
      piece = piece.dropFirst(part.count)
    }
  }
}

extension [UInt8] {
  /// The bytes up to which an array grows as it likes.
  private static var smallCount: Int { 1 << 20 }

  /// Makes room for `more` bytes of a file, doubling a large array.
  ///
  /// - Throws: ``DatasetError`` if there is no memory for that.
  fileprivate mutating func reserveMore(_ more: Int, for path: String) throws(DatasetError) {
    guard capacity >= Self.smallCount, count + more > capacity else { return }
    let wanted = 2 * capacity + more
    guard canAllocate(wanted + Self.smallCount) else {
      throw DatasetError(
        .outOfMemory, in: path, found: "no memory for \(wanted) bytes of its samples",
        expected: "the memory that this rank's shards of the data take",
        advice: "raise the limit of memory (ulimit -v, ulimit -d, or the job's), or start fewer "
          + "ranks on this host")
    }
    reserveCapacity(wanted)
  }
}
