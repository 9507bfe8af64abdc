import Testing
import TestSupport

@Suite struct TestSupportTests {
  @Test("A process's status, output and environment come back")
  func process() throws {
    let result = try run(
      "/bin/sh", ["-c", "echo out $WORD; echo error >&2; exit 5"],
      environment: ["WORD": "a word"])
    #expect(result.status == 5)
    #expect(result.standardOutput == "out a word\n")
    #expect(result.standardError == "error\n")
    #expect(!result.timedOut)
  }

  @Test("Output larger than a pipe holds does not block, on either pipe")
  func largeOutput() throws {
    let result = try run(
      "/bin/sh", ["-c", "head -c 3000000 /dev/zero >&2; head -c 2000000 /dev/zero"])
    #expect(result.succeeded)
    #expect(result.standardOutput.utf8.count == 2_000_000)
    #expect(result.standardError.utf8.count == 3_000_000)
  }

  @Test("A process that outlives its time limit is killed with its children")
  func timeLimit() throws {
    let result = try run("/bin/sh", ["-c", "echo started; sleep 100 & sleep 100"], timeout: 0.5)
    #expect(result.timedOut)
    #expect(result.status != 0)
    #expect(result.standardOutput == "started\n")
  }

  @Test("A program that is not there is an error that names it")
  func missing() throws {
    let folder = try TemporaryFolder()
    #expect(throws: LaunchError.self) { try run(folder.path + "/program") }
  }
}
