extension AtomicFile {
  /// Writes a whole file at once, in place of one that is there.
  ///
  /// - Throws: ``FileError`` where the disk is full or fails, or the folder cannot be written to;
  ///   the file is then as before.
  package static func replace(_ path: String, with text: String) throws(FileError) {
    let file = try AtomicFile(path: path)
    let bytes = Array(text.utf8)
    try file.append(bytes.span.bytes)
    try file.commit()
  }
}
