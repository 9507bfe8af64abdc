import Cluster
import Files
import Glibc
import TestSupport
import Testing
import Training

@Suite("Exit statuses of errors")
struct ExitStatusTests {
  private static let codes: [(code: Int32, status: Int32)] = [
    (EACCES, 78), (EPERM, 78), (EROFS, 78), (ENOENT, 78), (ENOTDIR, 78), (EISDIR, 78), (EEXIST, 78),
    (ENAMETOOLONG, 78), (ENOSPC, 1), (EDQUOT, 1), (EFBIG, 1), (EIO, 1), (ESTALE, 1),
  ]

  @Test(
    "A place where nothing can be written is wrong input; a disk that is full or fails is not",
    arguments: codes)
  func write(_ code: Int32, _ status: Int32) {
    let error = FileError.system(.cannotWrite, path: "f", operation: "write it", code: code)
    #expect(error.exitStatus == status)
  }

  @Test("A folder in the place of a file or of a folder's parent has the same status")
  func folders() throws {
    let folder = try TemporaryFolder()
    try folder.write([], to: "file")
    let file = #expect(throws: FileError.self) { try AtomicFile(path: folder.path) }
    #expect(file?.exitStatus == JobFailure.inputStatus)
    let made = #expect(throws: RunDirectoryError.self) {
      try RunDirectory.make(folder.path + "/file/run")
    }
    #expect(made?.exitStatus == JobFailure.inputStatus)
  }

  @Test("A file whose reading a signal ended is an interruption before the first step")
  func interruption() {
    let error = FileError(.cancelled, path: "a", reason: "a signal came")
    #expect(JobFailure(error) == .interruption)
    #expect(JobFailure(FileError(.damaged, path: "a", reason: "b")).exitStatus == 78)
  }
}
