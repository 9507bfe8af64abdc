import Cluster
import Files
import Testing
import Training

@Suite("Exit statuses of errors")
struct ExitStatusTests {
  @Test("A file whose reading a signal ended is an interruption before the first step")
  func interruption() {
    let error = FileError(.cancelled, path: "a", reason: "a signal came")
    #expect(JobFailure(error) == .interruption)
    #expect(JobFailure(FileError(.damaged, path: "a", reason: "b")).exitStatus == 78)
  }
}
