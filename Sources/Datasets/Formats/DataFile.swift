/// The place of an array: a file, or a member of a `.npz` archive.
package struct DataFile: Equatable, Sendable, CustomStringConvertible {
  /// The path of the file or the archive.
  package let path: String
  /// The name of the member, with its ending.
  let member: String?

  /// The whole of a file.
  package init(_ path: String) { self.init(path, member: nil) }

  init(_ path: String, member: String?) { (self.path, self.member) = (path, member) }

  package var description: String { path + (member.map { "/" + $0 } ?? "") }
}
