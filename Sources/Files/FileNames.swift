import Glibc

/// The names of what is in the folder at `path`, in no order; none where there is no such folder.
///
/// The corresponding C function is `readdir`.
///
/// - Throws: ``FileError`` where the folder cannot be read.
package func fileNames(in path: String) throws(FileError) -> [String] {
  guard let stream = opendir(path) else {
    if errno == ENOENT { return [] }
    throw .system(.cannotRead, path: path, operation: "list the folder", code: errno)
  }
  defer { closedir(stream) }
  var names: [String] = []
  errno = 0
  while let entry = readdir(stream) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != ".", name != ".." { names.append(name) }
    errno = 0
  }
  // The folder's end leaves errno as it is.
  guard errno == 0 else {
    throw .system(.cannotRead, path: path, operation: "list the folder", code: errno)
  }
  return names
}
