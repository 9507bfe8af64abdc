/// Bytes of a file that are read once from front to back: those of ``DecompressedFile`` and
/// ``ZipMemberFile``.
package protocol SequentialFile: AnyObject {
  /// The path of the file, for errors.
  var path: String { get }
  /// True if the bytes are those of the whole file at `path`.
  var isPlain: Bool { get }
  /// The number of bytes that have been read.
  var byteCount: Int { get }
  /// The most bytes that can be read.
  var largestByteCount: Int { get }

  /// Fills `buffer` from its start and returns how many bytes were written: 0 only at the end.
  ///
  /// - Throws: ``FileError`` where the bytes cannot be read, or are damaged.
  func read(into buffer: inout [UInt8]) throws(FileError) -> Int

  /// The SHA-256 of the bytes that have been read.
  ///
  /// - Throws: ``FileError`` where libcrypto fails.
  func digest() throws(FileError) -> SHA256Digest
}

extension SHA256Hasher {
  /// The digest of all bytes of the file at `path`.
  ///
  /// - Throws: ``FileError`` where libcrypto fails.
  func digest(of path: String) throws(FileError) -> SHA256Digest {
    do { return try finalize() } catch {
      throw FileError(
        .cannotRead, path: path, found: "no SHA-256 of it", expected: "a digest from libcrypto",
        advice: "\(error)")
    }
  }
}
