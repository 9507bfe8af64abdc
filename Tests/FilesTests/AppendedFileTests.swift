import Files
import Foundation
import Testing
import TestSupport

@Suite("A file that grows by lines")
struct AppendedFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func text() throws -> String { String(decoding: try folder.read("file"), as: UTF8.self) }

  @Test("A line is in the file at once, behind what was there")
  func append() throws {
    let file = try AppendedFile(path: folder.write(Array("old\n".utf8), to: "file"))
    try file.append("a\n".utf8)
    #expect(try text() == "old\na\n")
    try file.append("b\n".utf8)
    try file.synchronize()
    #expect(try text() == "old\na\nb\n")
  }

  @Test("A line that does not fit leaves no part of itself, and is written once there is room")
  func wholeLines() throws {
    // A limit of this whole process, which writes nothing else that is as long.
    var before = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &before)
    let handler = signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit(rlim_cur: 1 << 20, rlim_max: before.rlim_max)
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    defer {
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &before)
      signal(SIGXFSZ, handler)
    }
    let file = try AppendedFile(path: folder.write([], to: "file"))
    let line = [UInt8](repeating: 97, count: 600_000) + [10]
    try file.append(line)
    let error = #expect(throws: FileError.self) { try file.append(line) }
    #expect(error?.code == EFBIG)
    #expect(
      error?.description.hasSuffix(
        "/file: cannot write it (File too large); raise the largest size of a file (ulimit -f)")
        == true)
    #expect(try folder.read("file") == line)
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &before)
    try file.flush()
    #expect(try folder.read("file") == line + line)
  }

  @Test("A file that cannot be opened is named, with the system's reason")
  func missing() {
    let error = #expect(throws: FileError.self) { try AppendedFile(path: folder.path + "/missing") }
    #expect(error?.description.contains("/missing: cannot open it (No such file or dir") == true)
  }

  @Test(
    "Each way for a file to end has the system's reason, and words of what to do",
    arguments: [
      (ENOSPC, "No space left on device", "free some space"),
      (EDQUOT, "Disk quota exceeded", "quota"), (EMFILE, "Too many open files", "ulimit -n"),
      (EFBIG, "File too large", "ulimit -f"),
      (ESTALE, "Stale file handle", "mounted"), (EROFS, "Read-only file system", "read-only"),
      (EIO, "Input/output error", "check the disk"), (EACCES, "Permission denied", "permissions"),
    ])
  func reasons(_ code: Int32, _ reason: String, _ advice: String) {
    let error = FileError.system(.cannotWrite, path: "f", operation: "write it", code: code)
    #expect(error.description.hasPrefix("f: cannot write it (\(reason)); "))
    #expect(error.description.contains(advice))
  }
}
