extension AtomicFile {
  /// Writes a whole file at once, in place of one that is there.
  ///
  /// - Throws: ``FileError`` where the disk is full or fails, or the folder cannot be written to;
  ///   the file is then as before.
  package static func replace(_ path: String, with text: String) throws(FileError) {
    try replace(path, with: Array(text.utf8))
  }

  /// The same for bytes.
  package static func replace(_ path: String, with bytes: [UInt8]) throws(FileError) {
    let file = try AtomicFile(path: path)
    try file.append(bytes.span.bytes)
    try file.commit()
  }
}
