import Files
import TestSupport
import Testing

@Suite("The names in a folder")
struct FileNamesTests {
  @Test("All names are listed but those of the folder itself; a missing folder has none")
  func names() throws {
    let folder = try TemporaryFolder()
    for name in [".hidden", "a", "é"] { try folder.write([], to: name) }
    #expect(try fileNames(in: folder.path).sorted() == [".hidden", "a", "é"])
    #expect(try fileNames(in: folder.path + "/missing").isEmpty)
    let error = #expect(throws: FileError.self) { try fileNames(in: folder.path + "/a") }
    #expect(error?.description.contains("/a: cannot list the folder (Not a directory)") == true)
  }

  @Test("The digest of a file is that of its bytes, in however many pieces they are read")
  func digest() throws {
    let folder = try TemporaryFolder()
    for count in [0, 1, 1 << 20, 3 << 20 | 5] {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      let file = try InputFile(path: folder.write(bytes, to: "file"))
      #expect(try file.digest() == SHA256Digest(of: bytes))
    }
    let error = #expect(throws: FileError.self) { try InputFile(path: folder.path + "/missing") }
    #expect(error?.description.contains("(No such file or directory)") == true)
  }
}
