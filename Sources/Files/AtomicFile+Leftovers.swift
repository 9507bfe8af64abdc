import Glibc

extension AtomicFile {
  /// Removes the temporary files of processes that were killed while they wrote the file at `path`.
  ///
  /// Only the one process that writes the file may call this, and not while it does. A leftover that
  /// cannot be removed stays: it is in nobody's way.
  package static func removeLeftovers(of path: String) {
    let slash = path.lastIndex(of: "/")
    let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
    let folder = slash.map { String(path[...$0]) } ?? "./"
    for found in (try? fileNames(in: folder)) ?? [] {
      let unique = found.dropFirst(name.count + 2).dropLast(temporarySuffix.count)
      if found == ".\(name).\(unique)\(temporarySuffix)", !unique.contains(".") {
        unlink(folder + found)
      }
    }
  }
}
