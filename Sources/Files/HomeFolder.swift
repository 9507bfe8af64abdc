import Glibc

/// A path whose `~` or `~name` at the front is replaced by that person's home folder, as a shell does
/// where it stands at the front of a word.
package func expandingTilde(_ path: String) -> String {
  guard path.hasPrefix("~") else { return path }
  let name = path.dropFirst().prefix { $0 != "/" }
  let person = name.isEmpty ? getpwuid(getuid()) : getpwnam(String(name))
  let entry = person.flatMap { $0.pointee.pw_dir }.map { String(cString: $0) }
  let home = name.isEmpty ? getenv("HOME").map { String(cString: $0) } ?? entry : entry
  guard let home else { return path }
  return home + path.dropFirst(1 + name.count)
}
