import Foundation

/// The file system that a folder is on.
package struct FileSystemFacts: Codable, Equatable, Sendable {
  /// The path of the folder, or where there is none yet, of the nearest above it.
  package var path: String
  /// The kind of file system, such as `ext4` or `nfs`.
  package var kind: String
  /// Its size, and the space that this user may still fill, in bytes.
  package var totalBytes, freeBytes: Double

  /// The file system of `folder`; nil where the system does not tell.
  ///
  /// The corresponding C function is `statvfs`.
  init?(_ folder: String) {
    var path = folder
    var space = statvfs()
    while statvfs(path, &space) != 0 {
      guard errno == ENOENT, path.contains("/"), path != "/" else { return nil }
      path = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
      if path.isEmpty { path = "/" }
    }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
    else { return nil }
    self.path = path
    kind = Self.kind(path)
    let blockSize = Double(space.f_frsize)
    (totalBytes, freeBytes) = (
      Double(space.f_blocks) * blockSize, Double(space.f_bavail) * blockSize
    )
  }

  /// True if what it holds is gone when the host is switched off.
  package var isInMemory: Bool { kind == "tmpfs" || kind == "ramfs" }

  /// The kind of the file system that `path` is on, from `/proc/self/mountinfo`.
  private static func kind(_ path: String) -> String {
    var status = stat()
    guard stat(path, &status) == 0 else { return "unknown" }
    let device = UInt64(status.st_dev)
    let major = device >> 8 & 0xFFF | device >> 32 & ~0xFFF
    let minor = device & 0xFF | device >> 12 & ~0xFF
    let mounts = (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? ""
    for line in mounts.split(separator: "\n") {
      // ID PARENT MAJOR:MINOR ROOT POINT OPTIONS ... - TYPE SOURCE SUPER-OPTIONS
      let fields = line.split(separator: " ")
      guard fields.count > 2, fields[2] == "\(major):\(minor)",
        let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count
      else { continue }
      return String(fields[dash + 1])
    }
    return "unknown"
  }
}
