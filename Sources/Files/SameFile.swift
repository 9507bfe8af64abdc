import Glibc

/// True if two paths lead to one file, by whatever names.
package func isSameFile(_ path: String, _ other: String) -> Bool {
  var (one, two) = (stat(), stat())
  return stat(path, &one) == 0 && stat(other, &two) == 0
    && (one.st_dev, one.st_ino) == (two.st_dev, two.st_ino)
}
