import Files

/// A file of images or of labels: the sizes in its header, and then its elements, read once from
/// front to back.
package struct IDXFile {
  /// The sizes of the file's dimensions: `[images, height, width]` or `[labels]`.
  package let sizes: [Int]
  private let header: IDXHeader
  private var reader: PiecewiseReader
  /// The elements' bytes that came with the header.
  private let rest: ArraySlice<UInt8>

  /// The file's path.
  package var path: String { reader.path }
  /// The number of images or labels in the file.
  package var count: Int { header.count }
  /// The bytes of one image or label.
  package var elementByteCount: Int { header.elementByteCount }

  /// Opens a file of images: unsigned bytes in 3 dimensions, gzipped or not.
  ///
  /// - Parameters:
  ///   - count: the number of images that the file must have, such as the number of labels.
  ///   - isCancelled: asked before each piece of the file; true ends the reading.
  /// - Throws: ``DatasetError`` where the file is missing, damaged at its front, no IDX file of
  ///   images, or has another number of them.
  package static func images(
    _ path: String, count: Int? = nil, isCancelled: () -> Bool = { false }
  ) throws(DatasetError) -> IDXFile {
    let file = try IDXFile(path, as: .images, isCancelled)
    guard let count, count != file.count else { return file }
    throw DatasetError(
      .countMismatch, in: path, found: "\(file.count) images",
      expected: "\(count) images, as many as there are labels",
      advice: "check that both files come from the same data set")
  }

  /// Opens a file of labels: unsigned bytes in 1 dimension, gzipped or not.
  ///
  /// - Parameter isCancelled: asked before each piece of the file; true ends the reading.
  /// - Throws: ``DatasetError`` where the file is missing, damaged at its front, or no IDX file of
  ///   labels.
  package static func labels(
    _ path: String, isCancelled: () -> Bool = { false }
  ) throws(DatasetError) -> IDXFile {
    try IDXFile(path, as: .labels, isCancelled)
  }

  private init(
    _ path: String, as content: IDXHeader.Content, _ isCancelled: () -> Bool
  ) throws(DatasetError) {
    reader = try PiecewiseReader(path, content: "an IDX file")
    let bytes = try reader.bytes(atLeast: content.byteCount, isCancelled)
    header = try IDXHeader(bytes, of: content, path: path)
    rest = bytes[content.byteCount...]
    sizes = header.sizes
    guard header.fileByteCount > reader.largestByteCount else { return }
    // Nobody shall find memory for what cannot be there.
    while try !reader.next(isCancelled).isEmpty {}
    throw tooShort
  }

  /// Reads all elements, checks the whole file, and writes those that have a place to `memory`.
  ///
  /// - Parameters:
  ///   - classes: the number of classes that the elements are labels of; nil for images.
  ///   - place: the first byte in `memory` of the element with this index in the file; nil to pass
  ///     over it.
  ///   - isCancelled: asked before each piece of the file; true ends the reading.
  /// - Returns: the SHA-256 of the whole file's decompressed bytes.
  /// - Throws: ``DatasetError`` where the file is damaged, its size is not the one that its header
  ///   says, or a label is outside 0 ..< `classes`.
  package mutating func read(
    into memory: inout MutableSpan<UInt8>, classes: Int? = nil, placing place: (Int) -> Int?,
    isCancelled: () -> Bool = { false }
  ) throws(DatasetError) -> SHA256Digest {
    var sorter = ElementSorter(elementByteCount: elementByteCount)
    let total = header.fileByteCount - header.content.byteCount
    var (offset, piece) = (0, rest)
    while true {
      guard piece.count <= total - offset else { throw trailing }
      if let classes { try check(piece, at: offset, classes: classes) }
      sorter.sort(piece, into: &memory, placing: place)
      offset += piece.count
      piece = try reader.next(isCancelled)
      if piece.isEmpty { break }
    }
    guard offset == total else { throw tooShort }
    return try reader.digest()
  }

  private func check(
    _ labels: ArraySlice<UInt8>, at offset: Int, classes: Int
  ) throws(DatasetError) {
    guard let wrong = labels.firstIndex(where: { Int($0) >= classes }) else { return }
    throw DatasetError(
      .labelOutOfRange, in: path,
      found: "label \(labels[wrong]) at index \(offset + wrong - labels.startIndex)",
      expected: "labels from 0 to \(classes - 1)",
      advice: "set data.classes to the number of classes, or repair the file")
  }

  private var trailing: DatasetError {
    reader.trailing(header.fileByteCount, sizesInWords, name: header.content.name)
  }

  private var tooShort: DatasetError { reader.tooShort(header.fileByteCount, sizesInWords) }

  private var sizesInWords: String {
    let sizes = sizes.map(String.init).joined(separator: " × ")
    return "\(sizes) \(header.content == .images ? "pixels" : "labels")"
  }
}

/// Deals the bytes of a file, which arrive in pieces of any length, out to the places of its
/// elements.
private struct ElementSorter {
  let elementByteCount: Int
  private var element = 0
  private var remaining = 0
  private var target: Int?

  init(elementByteCount: Int) { self.elementByteCount = elementByteCount }

  mutating func sort(
    _ piece: ArraySlice<UInt8>, into memory: inout MutableSpan<UInt8>, placing place: (Int) -> Int?
  ) {
    var piece = piece
    while !piece.isEmpty {
      if remaining == 0 {
        target = place(element)
        remaining = elementByteCount
        element += 1
      }
      let part = piece.prefix(remaining)
      if let start = target {
        memory.write(part, at: start + elementByteCount - remaining)
      }
      remaining -= part.count
      piece = piece.dropFirst(part.count)
    }
  }
}

extension MutableSpan<UInt8> {
  /// Copies `bytes` to the place from `start` on.
  fileprivate mutating func write(_ bytes: ArraySlice<UInt8>, at start: Int) {
    withUnsafeMutableBytes { memory in
      bytes.withUnsafeBytes { source in
        UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + source.count])
          .copyMemory(from: source)
      }
    }
  }
}
