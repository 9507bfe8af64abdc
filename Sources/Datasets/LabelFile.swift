import Files

/// The labels of an IDX file that this process keeps.
package struct LabelFile: Sendable {
  /// The number of labels in the file, kept or not.
  package let count: Int
  /// The kept labels of each buffer, in file order; every one is in 0 ..< classes.
  package let labels: [[UInt8]]
  /// The SHA-256 of the whole file's decompressed bytes.
  package let digest: SHA256Digest

  /// Reads the labels that have a place in one of `bufferCount` buffers, and checks all of them.
  ///
  /// - Parameters:
  ///   - path: an IDX file of unsigned bytes in 1 dimension, gzipped or not.
  ///   - classes: the number of classes.
  ///   - check: looks at the number of labels before any is read.
  ///   - buffer: the buffer for the label with this index in the file; `nil` to pass over it.
  /// - Throws: ``DatasetError`` where the file is missing, damaged, no IDX file of labels, or has a
  ///   label outside 0 ..< `classes`; and what `check` throws.
  package static func read(
    _ path: String, classes: Int, bufferCount: Int = 1,
    check: (_ count: Int) throws(DatasetError) -> Void = { _ throws(DatasetError) in },
    placing buffer: (Int) -> Int? = { _ in 0 }
  ) throws(DatasetError) -> LabelFile {
    let file = try IDXFile.read(
      path, as: .labels, bufferCount: bufferCount,
      check: { header throws(DatasetError) in try check(header.count) },
      placing: buffer,
      inspect: { offset, labels throws(DatasetError) in
        guard let wrong = labels.firstIndex(where: { Int($0) >= classes }) else { return }
        throw DatasetError(
          .labelOutOfRange, in: path,
          found: "label \(labels[wrong]) at index \(offset + wrong - labels.startIndex)",
          expected: "labels in 0 ..< \(classes)",
          advice: "set data.classes to the number of classes, or repair the file")
      })
    return LabelFile(count: file.header.count, labels: file.buffers, digest: file.digest)
  }
}
