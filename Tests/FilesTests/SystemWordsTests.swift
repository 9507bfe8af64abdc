import Files
import Foundation
import Testing

@Suite("Words of the system, and paths of its shell")
struct SystemWordsTests {
  @Test("The reason of an error of Foundation is the system's, however deep it lies")
  func reasons() {
    let full = "No space left on device"
    #expect(systemReason(ENOSPC) == full)
    #expect(systemReason(CocoaError(.fileWriteOutOfSpace)) == full)
    #expect(systemReason(NSError(domain: NSPOSIXErrorDomain, code: Int(ENOSPC))) == full)
    let inner = NSError(domain: NSPOSIXErrorDomain, code: Int(ENOTDIR))
    let outer = NSError(
      domain: NSCocoaErrorDomain, code: CocoaError.fileWriteUnknown.rawValue,
      userInfo: [NSUnderlyingErrorKey: inner])
    #expect(systemReason(outer) == "Not a directory")
    #expect(systemReason(CocoaError(.fileReadNoPermission)) == "Permission denied")
  }

  @Test("A ~ at the front of a path is a home folder, as for a shell")
  func home() throws {
    let mine = try #require(ProcessInfo.processInfo.environment["HOME"])
    #expect(expandingTilde("~/runs/a") == mine + "/runs/a")
    #expect(expandingTilde("~") == mine)
    #expect(expandingTilde("~root/a") == "/root/a")
    for path in ["", "a/~/b", "/~", "~-is-no-name-of-anybody/a"] {
      #expect(expandingTilde(path) == path)
    }
  }

  @Test("A file is replaced at once; one that cannot be is an error with the system's reason")
  func replacing() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for text in ["a longer text", "short"] { try AtomicFile.replace(folder + "/file", with: text) }
    #expect(try String(contentsOfFile: folder + "/file", encoding: .utf8) == "short")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["file"])
    let error = #expect(throws: FileError.self) {
      try AtomicFile.replace(folder + "/file/inside", with: "text")
    }
    #expect(error?.reason.contains("Not a directory") == true)
  }
}
