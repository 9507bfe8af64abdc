import Files

/// The images of an IDX file that this process keeps.
package struct ImageFile: Sendable {
  /// The number of images in the file, kept or not.
  package let count: Int
  /// The rows of an image.
  package let height: Int
  /// The pixels of a row.
  package let width: Int
  /// The kept images: for each buffer [images, height, width] in file order, one byte a pixel.
  package let pixels: [[UInt8]]
  /// The SHA-256 of the whole file's decompressed bytes.
  package let digest: SHA256Digest

  /// Reads the images for which `isKept` holds, into one buffer.
  ///
  /// - Parameters:
  ///   - path: an IDX file of unsigned bytes in 3 dimensions, gzipped or not.
  ///   - isKept: whether to keep the image with this index in the file.
  /// - Throws: ``DatasetError`` where the file is missing, damaged or no IDX file of images.
  package static func read(
    _ path: String, keeping isKept: (Int) -> Bool = { _ in true }
  ) throws(DatasetError) -> ImageFile {
    try read(path, bufferCount: 1) { isKept($0) ? 0 : nil }
  }

  /// Reads the images that have a place in one of `bufferCount` buffers.
  ///
  /// - Parameters:
  ///   - path: an IDX file of unsigned bytes in 3 dimensions, gzipped or not.
  ///   - count: the number of images that the file must have, such as that of its labels.
  ///   - buffer: the buffer for the image with this index in the file; `nil` to pass over it.
  /// - Throws: ``DatasetError`` where the file is missing, damaged, no IDX file of images, or of
  ///   another count.
  package static func read(
    _ path: String, count: Int? = nil, bufferCount: Int, placing buffer: (Int) -> Int?
  ) throws(DatasetError) -> ImageFile {
    let file = try IDXFile.read(
      path, as: .images, bufferCount: bufferCount,
      check: { header throws(DatasetError) in
        guard let count, count != header.count else { return }
        throw DatasetError(
          .countMismatch, in: path, found: "\(header.count) images",
          expected: "\(count) images, as many as there are labels",
          advice: "check that both files come from the same data set")
      },
      placing: buffer)
    return ImageFile(
      count: file.header.count, height: file.header.sizes[1], width: file.header.sizes[2],
      pixels: file.buffers, digest: file.digest)
  }
}
