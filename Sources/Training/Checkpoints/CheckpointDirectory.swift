import Files
import Glibc

/// A folder of checkpoints, one file a step: `step-00000600.safetensors`.
///
/// Files of other names, temporary ones among them, are not seen.
package struct CheckpointDirectory: Sendable {
  /// A checkpoint in the folder.
  package struct Checkpoint: Equatable, Sendable {
    /// The number of optimizer steps that had been taken.
    package let step: Int
    /// The file's path.
    package let path: String
  }

  private static let prefix = "step-"
  private static let suffix = ".safetensors"

  /// The folder's path.
  package let path: String

  /// The folder at `path`, which need not exist.
  package init(_ path: String) { self.path = path }

  /// The path of the checkpoint of `step`, whether it exists or not.
  package func path(step: Int) -> String {
    (path.hasSuffix("/") ? path : path + "/") + Self.fileName(step: step)
  }

  /// The checkpoints in the folder, by ascending step; none where there is no folder.
  ///
  /// - Throws: ``FileError`` where the folder cannot be read.
  package func list() throws(FileError) -> [Checkpoint] {
    try fileNames(in: path).compactMap { name in
      Self.step(ofFile: name).map { Checkpoint(step: $0, path: path(step: $0)) }
    }.sorted { $0.step < $1.step }
  }

  /// The checkpoint of the highest step; `nil` where there is none.
  ///
  /// - Throws: ``FileError`` where the folder cannot be read.
  package func newest() throws(FileError) -> Checkpoint? { try list().last }

  /// Removes all checkpoints up to `step` but the `count` newest, and what writers that were killed
  /// left behind. Those of later steps, which a run passed over when it was resumed, are no reason to
  /// remove the whole ones before them.
  ///
  /// Only the one process that writes checkpoints may call this, and not while it writes one.
  ///
  /// - Throws: ``FileError`` where the folder cannot be read or a file cannot be removed.
  package func removeAll(butNewest count: Int, upTo step: Int) throws(FileError) {
    let folder = path.hasSuffix("/") ? path : path + "/"
    let leftovers = try fileNames(in: path).filter(Self.isTemporary).map { folder + $0 }
    let old = try list().filter { $0.step <= step }.dropLast(max(0, count))
    for file in leftovers + old.map(\.path) {
      guard unlink(file) == 0 || errno == ENOENT else {
        throw .system(.cannotWrite, path: file, operation: "remove it", code: errno)
      }
    }
  }

  private static func fileName(step: Int) -> String {
    let digits = String(step)
    return prefix + String(repeating: "0", count: max(0, 8 - digits.count)) + digits + suffix
  }

  /// The step that `name` stands for: only the one name that ``fileName(step:)`` gives it.
  private static func step(ofFile name: String) -> Int? {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix),
      let step = Int(name.dropFirst(prefix.count).dropLast(suffix.count)),
      step >= 0, fileName(step: step) == name
    else { return nil }
    return step
  }

  private static func isTemporary(_ name: String) -> Bool {
    guard name.hasPrefix("."), name.hasSuffix(AtomicFile.temporarySuffix) else { return false }
    let inner = name.dropFirst().dropLast(AtomicFile.temporarySuffix.count)
    guard let dot = inner.lastIndex(of: ".") else { return false }
    return step(ofFile: String(inner[..<dot])) != nil
  }
}
