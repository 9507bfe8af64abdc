import Glibc

/// A path that means the same from every folder: `path` as it is if it begins at the root or at a
/// home folder, and otherwise behind the folder that this process works in.
package func absolutePath(_ path: String) -> String {
  guard !expandingTilde(path).hasPrefix("/"), let buffer = getcwd(nil, 0) else { return path }
  defer { free(buffer) }
  let folder = String(cString: buffer)
  return (folder.hasSuffix("/") ? folder : folder + "/") + path
}
